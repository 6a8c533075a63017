"""`bongsu plan`: every host's changes, what controls to come may break, and what is known to break on that host."""

import json

import pytest

import bongsu.inventory
from bongsu import cli, runner
from bongsu.events import Event, HostResult, RunResult

FILES = [f"created /etc/{name}" for name in "abcd"]
SSH = {
    "component": "ssh_server",
    "actions": [*FILES, "reloaded ssh.service: its files change"],
    "controls": ["ssh.keys", "ssh.log"],
}
TARGETS = {
    "components": [{"name": "scrape_target.web1", "owner": "web1", "actions": ["created web1.yml"]}, {"name": "x"}]
}
LOSS = {"may_break": ["user 'deploy' could no longer log in: it has a password and no key"]}


@pytest.fixture
def hosts(home, monkeypatch):
    """Replace the runner: hosts answer as the test says."""
    (home / "servers").mkdir()
    asked = {"answers": [], "result": RunResult(hosts={"web1": HostResult(ok=2)})}

    def run_playbook(playbook, _sources, *, on_event, **options):
        asked.update(playbook=playbook, options=options)
        for host, kind, report in asked["answers"]:
            on_event(Event(kind, host=host, task="T", result=report))
        return asked["result"]

    monkeypatch.setattr(runner, "run_playbook", run_playbook)
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: [])
    return asked


def test_it_asks_in_check_mode_and_passes_no_host_over(hosts, capsys):
    hosts["answers"] = [("web1", "ok", {"component": "node_exporter", "actions": []}), ("web1", "ok", {"msg": "x"})]
    assert cli.main(["plan", "-i", "servers", "--limit", "web1"]) == 0
    assert (hosts["playbook"], hosts["options"]["check"], hosts["options"]["limit"]) == ("site.yml", True, "web1")
    assert hosts["options"]["extra_vars"]["bongsu_full"] is True
    assert capsys.readouterr().out.endswith("\nNothing would change.\n")


def test_changes_and_what_they_may_break_are_told(hosts, capsys):
    hosts["answers"] = [
        ("web1", "ok", LOSS),
        ("web1", "ok", SSH),
        ("web2", "ok", SSH),
        ("web2", "failed", {"may_break": ["port 80 would be closed"]}),
        ("web1", "ok", {"results": [TARGETS, {"skipped": True}]}),
    ]
    assert cli.main(["plan", "-i", "servers"]) == 0
    out = capsys.readouterr().out
    assert out.endswith(
        """
Would change:
  web1
    ssh_server: created 4: /etc/a and more; reloaded ssh.service
    scrape_target.web1: created web1.yml
  web2
    ssh_server: created 4: /etc/a and more; reloaded ssh.service

Would come into effect, and may break:
  ssh.keys (web1, web2): Whoever logs in with a password is refused. Give them a key first.

Look at this first:
  web1: user 'deploy' could no longer log in: it has a password and no key
  web2: port 80 would be closed
"""
    )


def test_what_no_component_does_is_called_by_its_task(hosts, capsys):
    hosts["answers"] = [("web1", "ok", {"actions": ["a new certificate: the host lacks: group"]})]
    cli.main(["plan", "-i", "servers"])
    assert "  web1\n    T: a new certificate\n" in capsys.readouterr().out


def test_json_is_one_document(hosts, capsys):
    hosts["answers"] = [("web1", "ok", SSH), ("web1", "ok", LOSS)]
    assert cli.main(["plan", "-i", "servers", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changes"] == [{"host": "web1", "component": "ssh_server", "actions": SSH["actions"]}]
    assert document["breaks"] == [{"host": "web1", "sentence": LOSS["may_break"][0]}]
    assert [one["control"] for one in document["controls"]] == ["ssh.keys", "ssh.log"]


def test_a_host_that_asks_something_first_fails_the_plan(hosts, capsys):
    hosts["result"] = RunResult(status="failed", hosts={"web1": HostResult()})
    assert cli.main(["plan", "-i", "servers"]) == 1
    assert "Nothing would change" not in capsys.readouterr().out
    hosts["answers"] = [("web1", "failed", {"may_break": ["port 80 would be closed"]})]
    assert cli.main(["plan", "-i", "servers"]) == 1
    assert capsys.readouterr().out.endswith("\nLook at this first:\n  web1: port 80 would be closed\n")
