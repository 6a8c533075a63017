"""site.yml's own play of questions to the operator, on directories: all are asked before the first host is changed."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
import yaml
from local_fleet import ALL, SITE, Fleet, play_of_site

CAME_FROM = "192.0.2.7"


class Asking(Fleet):
    def __init__(self, root: Path, title: str = "Ask what only") -> None:
        super().__init__(root)
        plays = yaml.safe_load((root / "site.yml").read_text())
        play = play_of_site(title)
        play.pop("become", None)
        (root / "site.yml").write_text(yaml.safe_dump([plays[0], play, *plays[1:]]))
        (root / "tasks").symlink_to(SITE.parent / "tasks")
        self.tell("group_vars/all.yml", bongsu_profile="small", bongsu_operators=[CAME_FROM])
        for place, host in enumerate(sorted(ALL)):
            self.tell(f"host_vars/{host}.yml", ansible_host=f"192.0.2.{101 + place}")

    def said(self) -> str:
        return " ".join(self.output.split())


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    monkeypatch.setenv("SSH_CONNECTION", f"{CAME_FROM} 50000 192.0.2.101 22")
    return Asking(tmp_path)


def test_one_host_that_would_ban_the_operator_stops_the_run_before_any_is_changed(fleet: Asking):
    fleet.tell("host_vars/s2.yml", ansible_host="192.0.2.104", bongsu_operators=["192.0.2.8"])
    for arguments, looked_at in (([], set()), (["--check"], ALL - {"s2"})):
        assert fleet.run(*arguments, status=2) == looked_at
        assert f"you are connected from {CAME_FROM}, which could be banned" in fleet.said()
        assert f"'bongsu_operators: [{CAME_FROM}]'" in fleet.said()
        assert ("what is asked above about s2 has to be answered first" in fleet.said()) == (not looked_at)
        assert list((fleet.root / "files").iterdir()) == []
    fleet.tell("host_vars/s2.yml", ansible_host="192.0.2.104", bongsu_operators=["192.0.2.0/24"])
    assert fleet.run() == ALL
    assert fleet.run() == set()
    assert "could be banned" not in fleet.output


def test_one_whose_login_would_be_shut_out_does_as_well(fleet: Asking):
    fleet.tell("host_vars/s2.yml", ansible_user="admin", ssh_server_allow_users=["somebody"])
    assert fleet.run(status=2) == set()
    assert "ssh_server_allow_users would shut out admin" in fleet.said()
    assert list((fleet.root / "files").iterdir()) == []
    groups = {"ssh_server_allow_groups": ["operators"]}
    fleet.tell("host_vars/s2.yml", ansible_user="admin", ssh_server_allow_users=["adm", "ad.*"], **groups)
    assert fleet.run(status=2) == set()
    fleet.tell(
        "host_vars/s2.yml", ansible_user="admin", ssh_server_allow_users=["root", "ad?i*@192.0.2.0/24"], **groups
    )
    assert fleet.run() == ALL


@pytest.mark.parametrize(
    "variables",
    [
        {"bongsu_profile": "none"},
        {"bongsu_controls": {"ban.operator": {"waived": "my address changes", "until": "2099-01-01"}}},
        {"bongsu_operators": ["nowhere.invalid"]},  # what a name stands for, the host may know
    ],
)
def test_nobody_is_asked_who_cannot_be_banned_or_of_whom_only_the_host_can_tell(fleet: Asking, variables: dict):
    fleet.tell("group_vars/all.yml", **variables)
    assert fleet.run() == ALL


def test_a_part_of_the_run_asks_in_its_own_turn(fleet: Asking):
    fleet.tell("group_vars/all.yml", bongsu_operators=[])
    assert fleet.run("--tags", "own") == ALL


def test_every_host_is_asked_what_its_first_rules_would_cut_off_before_any_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)  # of whoever runs the tests
    fleet = Asking(tmp_path, "Ask what the first rules")
    with socket.socket() as held:
        held.bind(("0.0.0.0", 0))  # noqa: S104  # what only this machine reaches is closed by nothing
        held.listen()
        port = held.getsockname()[1]
        others = [f"1-{port - 1}", f"{port + 1}-65535", "1-65535/udp", "4-5/ip", "41-57/ip", "59-255/ip"]
        asked = {"bongsu_profile": "small", "firewall_open": others, "firewall_replace_own": True}
        fleet.tell("group_vars/all.yml", **asked)
        for arguments in ([], ["--check"]):
            assert fleet.run(*arguments, status=2) == set()
            assert f"The firewall would close {port}/tcp" in fleet.said()
            assert set(re.findall(r"fatal: \[(\w+)\]: FAILED", fleet.output)) == ALL
            assert list((fleet.root / "files").iterdir()) == []
        fleet.tell("host_vars/s1.yml", ansible_host="192.0.2.103", firewall_close=[port])
        assert fleet.run(status=2) == set()
        assert fleet.run("--check", status=2) == {"s1"}
        fleet.tell("group_vars/all.yml", **asked, firewall_close=[port])
        assert fleet.run() == ALL
        fleet.tell("group_vars/all.yml", **{**asked, "bongsu_profile": "none"})
        assert fleet.run("-e", "greeting=hi") == ALL
