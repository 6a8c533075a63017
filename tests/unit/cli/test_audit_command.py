"""`bongsu audit`: one table of all hosts, and an exit status that CI can act on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import bongsu.inventory
from bongsu import cli, runner
from bongsu.audit import report
from bongsu.events import Event, Failure, HostResult, RunResult

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
FINDING = {"id": "A-1", "level": "warning", "title": "weak", "state": "open", "reason": ""}


def audit(host, score, *earlier):
    parts = {"lynis": {"version": "3", "score": score, "findings": [FINDING]}}
    return report.document(host, NOW - timedelta(days=1 - len(earlier)), "13", parts, earlier)


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """Replace the runner: hosts answer as the test says."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "servers").mkdir()
    asked = {"audits": [], "result": RunResult(hosts={"web1": HostResult(ok=8)})}

    def run_playbook(playbook, _sources, *, on_event, **options):
        asked.update(playbook=playbook, options=options)
        for one in asked["audits"]:
            kept = {"audit": one, "evidence": f"/evidence/{one['host']}.json", "table": report.table([one])}
            on_event(Event("ok", host=one["host"], task="Keep what was found", result=kept))
            on_event(Event("ok", host=one["host"], task="Show the scores", result={"msg": ["..."]}))
        return asked["result"]

    monkeypatch.setattr(runner, "run_playbook", run_playbook)
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: [])
    return asked


def test_a_first_audit_is_a_table_and_a_success(fleet, capsys):
    fleet["audits"] = [audit("web2", 70), audit("web1", 67)]
    assert cli.main(["audit", "-i", "servers", "--limit", "web*"]) == 0
    assert (fleet["playbook"], fleet["options"]["limit"]) == ("audit.yml", "web*")
    lines = capsys.readouterr().out.splitlines()
    headline = next(number for number, line in enumerate(lines) if line.startswith("host "))
    assert lines[headline:] == [
        "host  scanner  score  change  open  worst",
        "web1  lynis    67     first   1     A-1 (weak)",
        "web2  lynis    70     first   1     A-1 (weak)",
        "web1: all of it in /evidence/web1.json",
        "web2: all of it in /evidence/web2.json",
    ]


def test_a_score_that_fell_is_a_failure_and_is_named(fleet, capsys):
    fleet["audits"] = [audit("web1", 66, audit("web1", 67))]
    assert cli.main(["audit", "-i", "servers"]) == 1
    assert "web1: the score of lynis fell from 67 to 66\n" in capsys.readouterr().out


def test_every_finding_is_listed_where_that_is_asked_for(fleet, capsys):
    fleet["audits"] = [audit("web1", 66)]
    assert cli.main(["audit", "-i", "servers", "--findings"]) == 0
    assert "  open       A-1: weak\n" in capsys.readouterr().out


def test_json_is_one_document(fleet, capsys):
    fleet["audits"] = [audit("web1", 66, audit("web1", 67))]
    assert cli.main(["audit", "-i", "servers", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["command"], document["status"], document["exit_status"]) == ("audit", "fallen", 1)
    assert document["fallen"] == [{"host": "web1", "scanner": "lynis"}]
    assert document["audits"] == fleet["audits"]
    assert document["evidence"] == {"web1": "/evidence/web1.json"}


def test_a_host_that_failed_is_a_failure_whatever_the_others_scored(fleet, capsys):
    fleet["audits"] = [audit("web2", 70)]
    fleet["result"] = RunResult("failed", {"web1": HostResult(failures=[Failure("T", "x.yml:1", "no sudo")])})
    assert cli.main(["audit", "-i", "servers", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], len(document["audits"])) == ("failed", 1)


def test_a_bad_inventory_is_told_and_nobody_is_asked(fleet, monkeypatch):
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: ["hosts.yml: no"])
    assert cli.main(["audit", "-i", "servers"]) == 2
    assert "playbook" not in fleet
