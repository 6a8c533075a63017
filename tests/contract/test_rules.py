"""Every alert is complete: severity, words, a runbook that can be used, and tests that fire, stay silent, resolve."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Escalation"]
FROM_THE_PROBE = '{{ or $labels.severity "ticket" }}'
ALWAYS_FIRING = "Watchdog"  # it has no silent twin and nothing to resolve: its silence is the alarm
THRESHOLD = re.compile(r"bongsu:threshold:\w+:\w+")


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


FILES = {path: load(path)["groups"] for path in sorted((ROOT / "rules").glob("*.yml"))}
GROUPS = [group for groups in FILES.values() for group in groups]
RULES = [(group, rule) for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: (group, rule) for group, rule in RULES if "alert" in rule}
RECORDS = {rule["record"]: rule for _, rule in RULES if "record" in rule}
TESTS = {path: load(path) for path in sorted((ROOT / "rules" / "tests").glob("*.yml"))}
SERIES_TESTS = [test for document in TESTS.values() for test in document["tests"]]
each_alert = pytest.mark.parametrize("name", sorted(ALERTS))


def asserted(test, name):
    """Return what a series test expects of one alert, in order of time: True where it fires."""
    checks = [check for check in test.get("alert_rule_test", []) if check["alertname"] == name]
    return [bool(check.get("exp_alerts")) for check in sorted(checks, key=lambda check: seconds(check["eval_time"]))]


def seconds(duration):
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))


def sections(text):
    """Return {heading: body} of a runbook, in order."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_names_are_unique():
    alerts = [rule["alert"] for _, rule in RULES if "alert" in rule]
    assert sorted(alerts) == sorted(ALERTS)
    names = [group["name"] for group in GROUPS]
    assert sorted(names) == sorted(set(names))


@each_alert
def test_an_alert_says_what_is_wrong_who_feels_it_and_what_to_do(name):
    _, rule = ALERTS[name]
    annotations = rule["annotations"]
    assert set(annotations) == {"summary", "impact", "runbook_url"}
    assert all(text.strip() for text in annotations.values())
    assert annotations["runbook_url"] == f"docs/runbooks/{name}.md"


@each_alert
def test_severity_and_group_agree(name):
    group, rule = ALERTS[name]
    severity = rule["labels"]["severity"]
    suffix = {"page": "_page", "ticket": "_ticket", FROM_THE_PROBE: "_page", "none": "watchdog"}[severity]
    assert group["name"].endswith(suffix)
    assert (severity == "none") == (name == ALWAYS_FIRING)


def test_groups_are_named_after_their_file_and_only_pages_are_evaluated_fast():
    for path, groups in FILES.items():
        for group in groups:
            assert re.fullmatch(rf"{path.stem}(_(page|ticket|record))?", group["name"]), group["name"]
            assert (group.get("interval") == "2s") == group["name"].endswith("_page"), group["name"]
            assert all("record" in rule for rule in group["rules"]) == group["name"].endswith("_record")


def test_no_expression_knows_which_monitor_evaluates_it():
    assert [rule for _, rule in RULES if "replica" in str(rule["expr"])] == []


def test_every_alert_but_those_about_all_monitors_names_its_host():
    def drops_the_host(expression):
        outermost = (
            expression.split("by (")[1].split(")")[0] if re.match(r"\s*(min|max|sum|count) by", expression) else ""
        )
        return outermost != "" and "instance" not in outermost

    assert [name for name, (_, rule) in ALERTS.items() if drops_the_host(rule["expr"])] == [
        "NotificationDeliveryFailing"
    ]


def test_thresholds_are_all_defined_all_used_and_documented_with_their_value():
    used = {found for _, rule in RULES for found in THRESHOLD.findall(str(rule["expr"]))}
    defined = {name: rule["expr"] for name, rule in RECORDS.items() if THRESHOLD.fullmatch(name)}
    assert used == set(defined)
    rows = re.findall(r"^\| `(bongsu:\S+)` \| `([^`]+)` \| \w", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    assert {name: f"vector({value})" for name, value in rows} == defined


@each_alert
def test_an_alert_is_seen_firing_silent_and_resolving(name):
    seen = [(test["name"], asserted(test, name)) for test in SERIES_TESTS if asserted(test, name)]
    assert any(any(fires) for _, fires in seen), "no test sees it fire"
    if name == ALWAYS_FIRING:
        assert all(all(fires) for _, fires in seen)
        return
    twins = [title for title, fires in seen if not any(fires)]
    assert any("silent" in title and name in title for title in twins), "no twin of its name in which it never fires"
    resolving = [fires for _, fires in seen if True in fires and not fires[-1]]
    assert resolving, "no test sees it end after it has fired"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_file_has_its_test_file(path):
    if not any("alert" in rule for group in FILES[path] for rule in group["rules"]):
        return
    document = TESTS[path.parent / "tests" / f"{path.stem}_test.yml"]
    assert f"../{path.name}" in document["rule_files"]
    assert all(test.get("name") for test in document["tests"])


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_recorded_series_are_there_before_the_alerts_that_need_them(path):
    """Promtool evaluates groups in no order of its own: with more than one file the order must be told."""
    loaded = [group["name"] for file in TESTS[path]["rule_files"] for group in FILES[(path.parent / file).resolve()]]
    if len(TESTS[path]["rule_files"]) > 1:
        assert TESTS[path]["group_eval_order"] == loaded


@each_alert
def test_a_runbook_has_its_five_parts_and_leaves_nothing_open(name):
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    found = sections(text)
    assert list(found) == HEADINGS
    assert all(len(body.split()) >= 5 for body in found.values())
    assert not re.search(r"TODO|FIXME|TBD|XXX", text)
    assert len(text.splitlines()) <= 70, "too long for three in the morning"


@each_alert
def test_a_runbook_s_commands_can_be_pasted(name):
    """Bash parses every block; a placeholder such as <host> would be a redirection, so none is allowed."""
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert {language for language, _ in blocks} == {"sh"}
    joined = "\n".join(code for _, code in blocks)
    assert not re.search(r"<\w+>", joined)
    done = subprocess.run(["bash", "-n"], input=joined, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_links_between_runbooks_lead_somewhere():
    for path in RUNBOOKS.glob("*.md"):
        for target in re.findall(r"\b([A-Z]\w+\.md)\b", path.read_text(encoding="utf-8")):
            assert (RUNBOOKS / target).is_file(), f"{path.name}: {target}"


def test_the_index_lists_every_alert_with_its_severity_and_no_runbook_is_an_orphan():
    files = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert files == set(ALERTS)
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| ([\w ]+) \|", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    assert all(shown == linked for shown, linked, _ in rows)
    words = {FROM_THE_PROBE: "page or ticket"}
    severities = {name: rule["labels"]["severity"] for name, (_, rule) in ALERTS.items()}
    assert {shown: severity for shown, _, severity in rows} == {
        name: words.get(severity, severity) for name, severity in severities.items()
    }
