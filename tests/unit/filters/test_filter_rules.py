"""Rule files get the operator's intervals, overrides and runbook links, or a clear refusal."""

from __future__ import annotations

import copy
import runpy
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

FILTERS = runpy.run_path(str(Path(__file__).parents[3] / "plugins/filter/rules.py"))
rule_groups = FILTERS["rule_groups"]

SOURCES = {
    "host": {
        "groups": [
            {
                "name": "host_page",
                "interval": "2s",
                "rules": [
                    {
                        "alert": "HostDown",
                        "expr": "up == 0",
                        "for": "4s",
                        "labels": {"severity": "page"},
                        "annotations": {
                            "runbook_url": "docs/runbooks/HostDown.md",
                            "summary": "{{ $value }}",
                        },
                    }
                ],
            },
            {
                "name": "host_ticket",
                "rules": [
                    {"record": "instance:load", "expr": "node_load1"},
                    {"alert": "DiskFillingUp", "expr": "1 > 2", "labels": {"severity": "ticket"}},
                ],
            },
        ]
    }
}


def applied(**settings: object) -> list[dict]:
    return rule_groups(SOURCES, **settings)["host"]["groups"]


def test_each_class_gets_its_interval() -> None:
    page, ticket = applied(page_interval="1s", interval="30s")
    assert (page["interval"], ticket["interval"]) == ("1s", "30s")


def test_a_group_may_name_its_own_interval() -> None:
    slow = {"x": {"groups": [{"name": "x_record", "interval": "1m", "rules": [{"record": "a", "expr": "1"}]}]}}
    assert rule_groups(slow)["x"]["groups"][0]["interval"] == "1m"


def test_a_recorded_series_may_be_overridden() -> None:
    rule = applied(overrides={"instance:load": {"expr": "node_load5"}})[1]["rules"][0]
    assert rule["expr"] == "node_load5"


def test_without_overrides_the_rules_stay_as_written() -> None:
    page, ticket = applied()
    assert page["rules"] == SOURCES["host"]["groups"][0]["rules"]
    assert ticket["rules"] == SOURCES["host"]["groups"][1]["rules"]


def test_sources_are_never_changed() -> None:
    before = copy.deepcopy(SOURCES)
    applied(overrides={"HostDown": {"for": "1m", "labels": {"severity": None}}}, runbook_base_url="https://x")
    assert before == SOURCES


def test_an_override_replaces_and_merges() -> None:
    change = {
        "for": "10s",
        "expr": "up < 1",
        "labels": {"team": "web", "severity": None},
        "annotations": {"a": "b"},
    }
    rule = applied(overrides={"HostDown": change})[0]["rules"][0]
    assert (rule["for"], rule["expr"], rule["labels"]) == ("10s", "up < 1", {"team": "web"})
    assert rule["annotations"]["a"] == "b"
    assert rule["annotations"]["summary"] == "{{ $value }}"


def test_a_disabled_alert_goes_and_so_does_an_empty_group() -> None:
    groups = applied(overrides={"HostDown": {"enabled": False}})
    assert [group["name"] for group in groups] == ["host_ticket"]


def test_an_enabled_alert_stays() -> None:
    assert applied(overrides={"HostDown": {"enabled": True}}) == applied()


@pytest.mark.parametrize("base", ["https://wiki.example.com/x", "https://wiki.example.com/x/"])
def test_a_relative_runbook_gets_the_base(base: str) -> None:
    rule = applied(runbook_base_url=base)[0]["rules"][0]
    assert rule["annotations"]["runbook_url"] == "https://wiki.example.com/x/docs/runbooks/HostDown.md"


def test_an_absolute_runbook_is_left_alone() -> None:
    override = {"HostDown": {"annotations": {"runbook_url": "https://elsewhere/x"}}}
    rule = applied(runbook_base_url="https://wiki.example.com", overrides=override)[0]["rules"][0]
    assert rule["annotations"]["runbook_url"] == "https://elsewhere/x"


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            {"HostDwn": {"for": "1s"}},
            "prometheus_rule_overrides.HostDwn: no rule of that name; did you mean 'HostDown'?",
        ),
        ({"Nonsense": {}}, "there are: DiskFillingUp, HostDown"),
        (
            {"HostDown": {"fro": "1s"}},
            "prometheus_rule_overrides.HostDown.fro: unknown key; use",
        ),
        ({"HostDown": "10s"}, "give a mapping such as {for: 10s}"),
        ({"instance:load": {"enabled": False}}, "alerts are computed from this series; change its expr"),
    ],
)
def test_a_bad_override_is_refused(overrides: dict, told: str) -> None:
    with pytest.raises(AnsibleFilterError, match="prometheus_rule_overrides") as error:
        applied(overrides=overrides)
    assert told in str(error.value)


def test_names_are_listed_once_and_sorted() -> None:
    twice = {**SOURCES, "again": SOURCES["host"]}
    assert FILTERS["rule_names"](twice) == ["DiskFillingUp", "HostDown", "instance:load"]


def test_extra_rules_may_be_groups_or_a_whole_file() -> None:
    groups = [{"name": "mine", "rules": []}]
    assert FILTERS["rule_sources"]({"a": groups, "b": {"groups": groups}}) == {
        "a": {"groups": groups},
        "b": {"groups": groups},
    }


@pytest.mark.parametrize("extra", [{"../etc/passwd": []}, {"a": "text"}, {"a": [{"rules": []}]}, {"a": {"rules": []}}])
def test_bad_extra_rules_are_refused(extra: dict) -> None:
    with pytest.raises(AnsibleFilterError, match="prometheus_extra_rules"):
        FILTERS["rule_sources"](extra)
