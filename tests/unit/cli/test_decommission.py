"""`bongsu decommission`: the name is denied before the monitors forget it."""

import json

import pytest
import yaml

import bongsu.inventory
from bongsu import cli, runner
from bongsu.events import HostResult, RunResult
from bongsu.inventory import Problem

OWN = "group_vars/all/denied.yml"


@pytest.fixture
def servers(home):
    directory = home / "servers"
    directory.mkdir()
    (directory / "hosts.yml").write_text("all: {children: {monitors: {hosts: {m1: {}, m2: {}}}}, hosts: {web7: {}}}\n")
    return directory


@pytest.fixture
def runs(servers, monkeypatch):
    """Run nothing, and find the problems that are set; what the deny list says then is kept."""
    seen = {"problems": [], "result": RunResult(hosts={"m1": HostResult(changed=1)})}

    def run_playbook(playbook, _sources, *, on_event, **options):
        seen.update(playbook=playbook, options=options, denied=denied(servers))
        return seen["result"]

    monkeypatch.setattr(runner, "run_playbook", run_playbook)
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: seen["problems"])
    return seen


def denied(servers, file=OWN):
    path = servers / file
    return yaml.safe_load(path.read_text()).get("host_certificate_denied") if path.exists() else None


def decommission(host, *words):
    return cli.main(["decommission", "-i", "servers", host, *words])


def test_the_name_is_denied_before_a_host_is_contacted(servers, runs, capsys):
    assert decommission("web7") == 0
    assert [entry["name"] for entry in runs["denied"]] == ["web7"]
    assert runs["options"]["extra_vars"] == {"host": "web7"}
    out = capsys.readouterr().out
    assert OWN in out
    assert "take web7 out of the inventory" in out
    assert "bongsu ca renew" not in out


def test_it_stays_denied_when_the_run_fails_and_the_second_run_adds_nothing(servers, runs, capsys):
    runs["result"] = RunResult("failed", {"m2": HostResult(unreachable=True)})
    assert decommission("web7") == 1
    assert "run this again" in capsys.readouterr().out
    text = (servers / OWN).read_text()
    assert decommission("web7") == 1
    assert (servers / OWN).read_text() == text
    decommission("web8")
    assert (servers / OWN).read_text().startswith(text)
    assert [entry["name"] for entry in denied(servers)] == ["web7", "web8"]


def test_a_monitor_s_certificate_needs_another_authority(servers, runs, capsys):
    assert decommission("m2") == 0
    assert "bongsu ca renew" in capsys.readouterr().out


def test_check_mode_denies_nothing(servers, runs):
    assert decommission("web7", "--check") == 0
    assert runs["options"]["check"]
    assert not (servers / OWN).exists()


def test_json_is_one_document(servers, runs, capsys):
    assert decommission("web7", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["command"], document["status"]) == ("decommission", "ok")
    assert document["denied"].endswith(OWN)


def test_a_list_that_the_operator_keeps_elsewhere_is_added_to_there(servers, runs):
    (servers / "group_vars/all").mkdir(parents=True)
    own = servers / "group_vars/all/main.yml"
    own.write_text("a: 1\nhost_certificate_denied:\n  - {name: web1}  # stolen\nb: 2\n")
    assert decommission("web7") == 0
    assert not (servers / OWN).exists()
    assert [entry["name"] for entry in denied(servers, "group_vars/all/main.yml")] == ["web1", "web7"]
    assert "  - {name: web1}  # stolen\n" in own.read_text()


def test_no_file_is_written_where_it_would_hide_another(servers, runs, capsys):
    (servers / "group_vars").mkdir()
    (servers / "group_vars/all.yml").write_text("a: 1\n")
    assert decommission("web7") == 2
    assert "all.yml" in capsys.readouterr().err
    assert "playbook" not in runs
    assert not (servers / "group_vars/all").exists()


def test_a_denied_host_that_is_still_in_the_inventory_can_be_decommissioned_again(servers, runs):
    message = "web7 is in the inventory, and this list denies it a certificate; cure"
    runs["problems"] = [Problem("denied.yml", "host_certificate_denied[0].name", message)]
    assert decommission("web7") == 0
    assert decommission("web8") == 2


@pytest.mark.parametrize("host", ["web*", "a b", "../web"])
def test_what_is_no_host_name_is_refused(servers, runs, host, capsys):
    assert decommission(host) == 2
    assert "not a host name" in capsys.readouterr().err
    assert not (servers / OWN).exists()


def test_a_group_is_refused(servers, runs, capsys):
    assert decommission("monitors") == 2
    assert "is a group" in capsys.readouterr().err
    assert not (servers / OWN).exists()


def test_the_only_monitor_cannot_go(servers, runs, capsys):
    (servers / "hosts.yml").write_text("all: {children: {monitors: {hosts: {m1: {}}}}}\n")
    assert decommission("m1") == 2
    assert "only monitor" in capsys.readouterr().err
    assert "playbook" not in runs
    assert not (servers / OWN).exists()
