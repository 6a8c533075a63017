"""Alertmanager's configuration is the operator's, with the toolkit's routes and inhibition around it."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

FILTERS = runpy.run_path(str(Path(__file__).parents[3] / "plugins/filter/alertmanager.py"))
config = FILTERS["alertmanager_config"]

MAIL = {"name": "mail", "email_configs": [{"to": "ops@example.com"}]}
HOOK = {
    "name": "hook",
    "webhook_configs": [{"url": "http://x/", "send_resolved": False}, {"url": "http://y/"}],
}
PAGE = {"group_by": ["alertname", "instance"], "group_wait": "1s", "group_interval": "15s"}
TICKET = {"group_by": ["alertname", "instance"], "group_wait": "30s", "group_interval": "5m"}


def routed(route: dict, **more: object) -> dict:
    return config([MAIL, HOOK], route, page=PAGE, ticket=TICKET, **more)["route"]


def by_matcher(route: dict, matcher: str) -> dict:
    return next(sub for sub in route["routes"] if sub.get("matchers") == [matcher])


def test_send_resolved_is_on_unless_said_otherwise() -> None:
    receivers = {receiver["name"]: receiver for receiver in config([MAIL, HOOK], {})["receivers"]}
    assert receivers["mail"]["email_configs"][0]["send_resolved"] is True
    assert [entry["send_resolved"] for entry in receivers["hook"]["webhook_configs"]] == [False, True]


def test_inputs_are_never_changed() -> None:
    route = {"receiver": "mail", "routes": [{"receiver": "hook"}]}
    routed(route)
    assert "send_resolved" not in MAIL["email_configs"][0]
    assert route == {"receiver": "mail", "routes": [{"receiver": "hook"}]}


def test_every_receiver_has_a_test_route_in_front() -> None:
    routes = routed({"receiver": "mail"})["routes"]
    assert [(sub["matchers"], sub["receiver"]) for sub in routes[:2]] == [
        (['bongsu_test="mail"'], "mail"),
        (['bongsu_test="hook"'], "hook"),
    ]


def test_a_name_with_quotes_is_escaped() -> None:
    assert config([{"name": 'a"b'}], {})["route"]["routes"][0]["matchers"] == ['bongsu_test="a\\"b"']


def test_pages_wait_one_second_and_tickets_thirty() -> None:
    route = routed({"receiver": "mail"})
    assert route["group_wait"] == "30s"
    page = by_matcher(route, 'severity="page"')
    assert (page["group_wait"], page["group_interval"], page["receiver"]) == ("1s", "15s", "mail")


def test_the_operators_root_wins_but_not_over_the_pages_wait() -> None:
    route = routed({"receiver": "hook", "group_wait": "7s", "group_by": ["site"]})
    page = by_matcher(route, 'severity="page"')
    assert (route["group_wait"], route["group_by"], page["group_wait"], page["group_by"]) == (
        "7s",
        ["site"],
        "1s",
        ["site"],
    )


def test_the_operators_routes_serve_pages_and_tickets() -> None:
    own = {"matchers": ['team="web"'], "receiver": "hook"}
    route = routed({"receiver": "mail", "routes": [own]})
    assert by_matcher(route, 'severity="page"')["routes"] == [own]
    assert route["routes"][-1] == own


def test_the_watchdog_never_pages() -> None:
    assert by_matcher(routed({"receiver": "mail"}), 'alertname="Watchdog"') == {
        "matchers": ['alertname="Watchdog"'],
        "receiver": "bongsu-null",
    }


def test_the_watchdog_goes_to_its_receiver_every_minute() -> None:
    route = by_matcher(routed({"receiver": "mail"}, watchdog_receiver="hook"), 'alertname="Watchdog"')
    assert (route["receiver"], route["repeat_interval"]) == ("hook", "1m")


def test_the_operators_own_watchdog_route_is_respected() -> None:
    own = {"matchers": ['alertname = "Watchdog"'], "receiver": "hook"}
    routes = routed({"receiver": "mail", "routes": [own]})["routes"]
    assert [route for route in routes if "Watchdog" in str(route.get("matchers"))] == [own]


def test_a_host_that_is_down_inhibits_all_but_itself() -> None:
    first = config([MAIL], {}, inhibit_rules=[{"equal": ["x"]}])["inhibit_rules"][0]
    assert first["source_matchers"] == ['alertname="HostDown"']
    assert first["target_matchers"] == ['alertname!="HostDown"']
    assert first["equal"] == ["instance"]


def test_without_receivers_the_null_receiver_takes_all() -> None:
    made = config([], {})
    assert made["route"]["receiver"] == "bongsu-null"
    assert made["receivers"] == [{"name": "bongsu-null"}]


def test_empty_parts_are_left_out() -> None:
    assert set(config([MAIL], {})) == {"route", "inhibit_rules", "receivers"}


@pytest.mark.parametrize(
    ("receivers", "told"),
    [
        ([{"webhook_configs": []}], "alertmanager_receivers[0]: a receiver is a mapping with a name"),
        ([MAIL, {"name": "bongsu-null"}], "alertmanager_receivers[1].name"),
        (
            [{"name": "a", "webhook_configs": {"url": "x"}}],
            "[0].webhook_configs: write a list",
        ),
    ],
)
def test_bad_receivers_are_refused(receivers: list, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        config(receivers, {})
    assert told in str(error.value)


def test_integrations_are_counted_by_kind() -> None:
    assert FILTERS["alertmanager_integrations"]([MAIL, HOOK, {"name": "nothing"}]) == [
        {"name": "mail", "integrations": {"email": 1}},
        {"name": "hook", "integrations": {"webhook": 2}},
        {"name": "nothing", "integrations": {}},
    ]


def test_secret_values_are_found_wherever_they_hide() -> None:
    document = {
        "global": {"smtp_auth_password": "pw1", "smtp_from": "a@b"},
        "receivers": [
            {"slack_configs": [{"api_url": "https://hooks/T1"}]},
            {"webhook_configs": [{"http_config": {"authorization": {"credentials": "c1", "credentials_file": "/f"}}}]},
        ],
    }
    assert FILTERS["secret_values"](document, also=["t2"]) == ["c1", "https://hooks/T1", "pw1", "t2"]
