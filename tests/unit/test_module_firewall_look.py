"""The question, on this very machine: it sees real sockets, asks about them, and touches nothing."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from ansible.module_utils.bongsu import firewall_ask, firewall_host, login
from ansible.module_utils.bongsu.errors import BongsuError
from module_runner import run_module

NOTHING = {"open": [], "close": [], "ssh_ports": [22], "ssh_port": 22, "container_interfaces": [], "replace_own": False}


@pytest.fixture
def listener():
    with socket.create_server(("0.0.0.0", 0)) as made:  # noqa: S104  # on the loopback address it would not count
        yield made.getsockname()[1]


@pytest.fixture
def datagrams():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("0.0.0.0", 0))  # noqa: S104  # see above
        yield made.getsockname()[1]


def all_but(*words):
    """Answer for every port but these: what else listens on the machine is not the test's business."""
    left = {"tcp": [], "udp": []}
    for word in words:
        port, _, protocol = str(word).partition("/")
        left[protocol or "tcp"].append(int(port))
    answered = []
    for protocol, ports in left.items():
        edges = [0, *sorted(ports), 65536]
        answered += [f"{a + 1}-{b - 1}/{protocol}" for a, b in pairwise(edges) if b - a > 1]
    return answered


def look(root, **wanted):
    there = {str(path.relative_to(root)) for path in root.rglob("*")}
    given = {"wanted": {**NOTHING, **wanted}, "root": str(root)}
    result = run_module("firewall_look", given, check=True, before=forget_login)
    assert {str(path.relative_to(root)) for path in root.rglob("*")} == there
    assert not result.get("changed")
    return result


def forget_login():
    """Have the module not know over which port it came, however the tests were started."""
    login.came_to_port = lambda: None


def test_a_port_that_would_be_closed_is_asked_about(tmp_path, listener):
    result = look(tmp_path, answered=all_but(listener), open=[80], close=["9/udp"])
    assert result["failed"]
    assert f"would close {listener}/tcp" in result["msg"]
    assert f"(process {os.getpid()}" in result["msg"]
    assert f"firewall_open: [80, {listener}]" in result["msg"]
    assert f"firewall_close: [9/udp, {listener}]" in result["msg"]
    assert result["may_break"] == [result["msg"]]


def test_the_host_s_own_command_asks_the_same(tmp_path, listener, monkeypatch, capsys):
    monkeypatch.setattr(login, "came_to_port", lambda: None)
    path = tmp_path / "staged"
    path.write_text(json.dumps({**NOTHING, "answered": all_but(listener)}))
    assert firewall_host.ask(path) == 1
    assert f"would close {listener}/tcp" in capsys.readouterr().out
    path.write_text(json.dumps({**NOTHING, "answered": all_but()}))
    assert firewall_host.ask(path) == 0
    assert capsys.readouterr().out == ""


def test_datagrams_count_as_well(tmp_path, datagrams):
    result = look(tmp_path, answered=all_but(f"{datagrams}/udp"))
    assert f"firewall_open: [{datagrams}/udp]" in result["msg"]


def test_what_is_answered_is_silent(tmp_path, listener):
    assert look(tmp_path, answered=all_but())["may_break"] == []


def test_what_the_last_run_has_shut_is_not_asked_about_again(tmp_path, listener):
    placed = tmp_path / "etc/bongsu/firewall.json"
    placed.parent.mkdir(parents=True)
    placed.write_text(json.dumps({**NOTHING, "answered": ["22/tcp"]}))
    assert look(tmp_path, answered=all_but(listener))["may_break"] == []
    placed.write_text("[]")
    assert "is not as the role firewall writes it" in look(tmp_path, answered=all_but())["msg"]


def test_the_way_in_stays_open(tmp_path):
    result = look(tmp_path, answered=all_but(), ssh_ports=[2222], ssh_port=22)
    assert "logged in over port 22" in result["msg"]
    assert "firewall_ssh_ports: [22, 2222]" in result["msg"]


def test_it_knows_from_where_and_over_which_port_it_came():
    """A process has the environment that it was started with; one further down, as of sudo, may have none."""
    told = "print(login.came_from(), login.came_to_port())"
    ask = f"import module_runner; from ansible.module_utils.bongsu import login; {told}"
    inner = ["env", "-i", f"PYTHONPATH={Path(__file__).parent}", sys.executable, "-c", ask]
    outer = ["python3", "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *inner]
    came = {**os.environ, "SSH_CONNECTION": "fe80::7%eth0 50000 fe80::1%eth0 2200"}
    assert subprocess.run(outer, env=came, capture_output=True, text=True, check=True).stdout == "fe80::7 2200\n"


@pytest.mark.parametrize("kind", ["own", "debians", "not loaded", "comments", "told"])
def test_rules_of_the_hosts_own_are_asked_about(tmp_path, kind):
    wants = tmp_path / "etc/systemd/system/sysinit.target.wants"
    wants.mkdir(parents=True)
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    content = "# nothing\n\n" if kind == "comments" else "flush ruleset\ntable inet house { }\n"
    (tmp_path / "etc/nftables.conf").write_text(content)
    if kind != "not loaded":
        (wants / "nftables.service").touch()
    digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    known = digest if kind == "debians" else "0" * 32
    (tmp_path / "var/lib/dpkg/status").write_text(f"Package: nftables\nConffiles:\n /etc/nftables.conf {known}\n")
    result = look(tmp_path, answered=all_but(), replace_own=kind == "told")
    assert bool(result.get("failed")) is (kind == "own")
    if kind == "own":
        assert "/etc/nftables.conf is this host's own" in result["msg"]
        assert "firewall_replace_own: true" in result["msg"]


def test_bad_input_is_told(tmp_path):
    assert "'http' is no port" in look(tmp_path, answered=["http"])["msg"]
    assert "look at answered" in look(tmp_path, answered="22/tcp")["msg"]
    assert "missing required arguments: wanted" in run_module("firewall_look", {})["msg"]
    (tmp_path / "staged").write_text("{")
    with pytest.raises(BongsuError, match="is not JSON"):
        firewall_ask.read(tmp_path / "staged")
