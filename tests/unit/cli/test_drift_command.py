"""`bongsu drift`: one table of what the hosts found, and an exit status that a timer can act on."""

import json

import pytest

import bongsu.inventory
from bongsu import cli, runner
from bongsu.commands import drift
from bongsu.events import Event, Failure, HostResult, RunResult

MODE = {"component": "web", "resource": "/etc/web.conf", "what": "mode", "detail": "0666 instead of 0644"}
GONE = {"component": "logs", "resource": "rsyslog", "what": "package_absent", "detail": ""}


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """Replace the runner: hosts answer as the test says."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "servers").mkdir()
    asked = {"answers": {}, "result": RunResult(hosts={"web1": HostResult(ok=2)})}

    def run_playbook(playbook, _sources, *, on_event, **options):
        asked.update(playbook=playbook, options=options)
        for host, findings in asked["answers"].items():
            report = {"components": ["web", "logs"] if findings is not None else [], "findings": findings or []}
            on_event(Event("ok", host=host, task="Look for drift", result=report))
            on_event(Event("ok", host=host, task="Show what drifted", result={"msg": ["..."]}))
        return asked["result"]

    monkeypatch.setattr(runner, "run_playbook", run_playbook)
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: [])
    return asked


def test_all_as_placed(fleet, capsys):
    fleet["answers"] = {"web1": [], "web2": [], "new": None}
    assert cli.main(["drift", "-i", "servers", "--limit", "web*"]) == 0
    assert (fleet["playbook"], fleet["options"]["limit"]) == ("drift.yml", "web*")
    assert capsys.readouterr().out.endswith("4 components on 2 hosts, all as placed; nothing is placed on new\n")


def test_what_drifted_is_one_table(fleet, capsys):
    fleet["answers"] = {"web2": [MODE], "web1": [GONE, MODE]}
    assert cli.main(["drift", "-i", "servers"]) == 1
    lines = capsys.readouterr().out.splitlines()
    headline = next(number for number, line in enumerate(lines) if line.startswith("host "))
    assert lines[headline:] == [
        "host  component  resource       what            detail",
        "web1  logs       rsyslog        package_absent",
        "web1  web        /etc/web.conf  mode            0666 instead of 0644",
        "web2  web        /etc/web.conf  mode            0666 instead of 0644",
        "3 findings on 2 hosts; 'bongsu provision' puts it right",
    ]


def test_json_is_one_document(fleet, capsys):
    fleet["answers"] = {"web1": [MODE]}
    assert cli.main(["drift", "-i", "servers", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["command"], document["status"], document["exit_status"]) == ("drift", "drifted", 1)
    assert document["findings"] == [{"host": "web1", **MODE}]


def test_a_host_that_could_not_be_asked_is_no_clean_host(fleet, capsys):
    fleet["result"] = RunResult("failed", {"web1": HostResult(failures=[Failure("T", "x.yml:1", "no sudo")])})
    assert cli.main(["drift", "-i", "servers", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["findings"]) == ("failed", [])


def test_a_bad_inventory_is_told_and_nobody_is_asked(fleet, monkeypatch):
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: ["hosts.yml: no"])
    assert cli.main(["drift", "-i", "servers"]) == 2
    assert "playbook" not in fleet


def test_one_is_not_a_plural():
    report = {"web1": {"components": ["web"], "findings": [MODE]}}
    assert drift.conclusion(report, [{"host": "web1", **MODE}]).startswith("1 finding on 1 host;")
