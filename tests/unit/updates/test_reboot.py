"""A host reboots only when it must, within its window, and while every peer answers for itself."""

import datetime as dt
import fcntl
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.updates import look, peers, reboot, restarts, settings
from ansible.module_utils.bongsu.updates.window import DAYS
from fake_api import FakeApi

NOW = dt.datetime(2026, 11, 25, 2, 10, tzinfo=dt.UTC)
DOCUMENT = {
    "window": {"start": "02:00", "minutes": 60, "days": DAYS},
    "reboot": True,
    "peers": [{"name": "mon2", "address": "127.0.0.1", "probes": ["tcp:1"]}],
    "kept": [],
    "turn": 0,
}
KERNEL = restarts.Reboot("kernel 6.1", 5.0)


class Host:
    """A host whose clock, needs and neighbours the test decides."""

    def __init__(self, monkeypatch):
        self.now, self.wanted, self.obstacles = NOW, KERNEL, iter(())
        self.known = settings.read(json.dumps(DOCUMENT), 0.0)
        self.reboots, self.slept, self.told = 0, 0, {}
        monkeypatch.setattr(settings, "load", lambda: self.known)
        monkeypatch.setattr(look, "reboot", lambda: self.wanted)
        monkeypatch.setattr(reboot, "obstacle", lambda _known: next(self.obstacles, ""))
        monkeypatch.setattr(reboot, "_reboot", self._reboot)
        monkeypatch.setattr(reboot, "_now", lambda: self.now)
        monkeypatch.setattr(reboot.time, "sleep", self._sleep)
        monkeypatch.setattr(reboot.store, "export", self.told.__setitem__)

    def _reboot(self):
        self.reboots += 1

    def _sleep(self, seconds):
        self.slept += 1
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def host(monkeypatch):
    return Host(monkeypatch)


def test_it_reboots_when_it_must_and_may(host, capsys):
    assert reboot.main(dry_run=False) == 0
    assert (host.reboots, host.told) == (1, {})
    assert capsys.readouterr().out == "reboots for kernel 6.1\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wanted": None}, "no reboot is needed"),
        ({"now": NOW.replace(hour=5)}, "outside of its window; the next opens 2026-11-26 02:00 UTC"),
        ({"now": NOW.replace(hour=1, minute=59)}, "outside of its window; the next opens 2026-11-25 02:00 UTC"),
    ],
)
def test_else_it_does_not_and_that_is_no_refusal(host, capsys, change, words):
    for name, value in change.items():
        setattr(host, name, value)
    assert reboot.main(dry_run=False) == 0
    assert (host.reboots, host.told) == (0, {})
    assert words in capsys.readouterr().out


def test_it_does_not_where_it_is_told_not_to(host, capsys):
    host.known = replace(host.known, reboot=False)
    assert reboot.main(dry_run=False) == 0
    assert host.reboots == 0
    assert "is told not to do so by itself" in capsys.readouterr().out


def test_what_is_in_the_way_may_go_away_and_is_told_once(host, capsys):
    host.obstacles = iter(["mon2: port 1: refused"] * 3)
    assert reboot.main(dry_run=False) == 0
    assert (host.reboots, host.slept, host.told) == (1, 3, {})
    assert capsys.readouterr().out.count("waits until 03:00 UTC: mon2: port 1: refused") == 1


def test_of_two_that_are_free_at_once_the_second_lets_the_first_go(host, capsys):
    host.known = replace(host.known, turn=1)
    host.obstacles = iter(["", "mon2: port 1: refused", "mon2: port 1: refused", "", ""])
    assert reboot.main(dry_run=False) == 0
    assert (host.reboots, host.now - NOW) == (1, dt.timedelta(seconds=2 * reboot._TURN + 2 * reboot._PAUSE))
    assert "waits until 03:00 UTC: mon2: port 1: refused" in capsys.readouterr().out


def test_what_stays_in_the_way_until_the_window_closes_is_a_metric(host, capsys):
    host.obstacles = iter(["mon2: port 1: refused"] * 10_000)
    assert reboot.main(dry_run=False) == 0
    assert host.reboots == 0
    assert NOW.replace(minute=59) < host.now < NOW.replace(hour=3, minute=0)
    assert b'bongsu_reboot_refused{why="mon2: port 1: refused"} 1\n' in host.told["bongsu_reboot.prom"]
    assert "must reboot for kernel 6.1, and does not: mon2" in capsys.readouterr().out


def test_a_reboot_that_would_not_help_is_refused_at_once(host):
    host.wanted = replace(KERNEL, helps=False)
    assert reboot.main(dry_run=False) == 0
    assert (host.reboots, host.slept) == (0, 0)
    assert b"the boot loader chooses another" in host.told["bongsu_reboot.prom"]


def test_a_trial_neither_reboots_nor_waits_nor_tells(host, capsys):
    assert reboot.main(dry_run=True) == 0
    host.obstacles = iter(["mon2 is away"])
    assert reboot.main(dry_run=True) == 0
    assert (host.reboots, host.slept, host.told) == (0, 0, {})
    assert (
        capsys.readouterr().out
        == "would reboot for kernel 6.1\nmust reboot for kernel 6.1, and does not: mon2 is away\n"
    )


def test_without_the_role_it_says_so(host):
    host.known = None
    with pytest.raises(BongsuError, match="the role security_updates writes it"):
        reboot.main(dry_run=False)


@pytest.fixture
def quiet(tmp_path, monkeypatch):
    """A host with nobody on it, and nothing under way."""
    for name in ("terminals", "state/journal"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("dpkg", "state/lock"):
        (tmp_path / name).touch()
    monkeypatch.setattr(reboot, "DPKG_LOCK", tmp_path / "dpkg")
    monkeypatch.setattr(reboot, "STATE", tmp_path / "state")
    monkeypatch.setattr(reboot, "TERMINALS", tmp_path / "terminals")
    return tmp_path


ALONE = replace(settings.read(json.dumps(DOCUMENT), 0.0), peers=())


def test_nothing_is_in_the_way_of_a_quiet_host(quiet):
    (quiet / "terminals/ptmx").touch()
    (quiet / "terminals/3").touch()
    os.utime(quiet / "terminals/3", (1.0, 1.0))
    assert reboot.obstacle(ALONE) == ""
    (quiet / "dpkg").unlink()
    assert reboot.obstacle(ALONE) == ""


def test_work_under_way_is(quiet):
    (quiet / "terminals/3").touch()
    assert reboot.obstacle(ALONE) == f"somebody works at {quiet}/terminals/3"
    (quiet / "state/journal/sshd").mkdir()
    assert "waits to be confirmed" in reboot.obstacle(ALONE)
    hold = (
        f"import fcntl; lock = open({str(quiet / 'dpkg')!r}, 'w'); fcntl.lockf(lock, fcntl.LOCK_EX); print(); input()"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as apt:
        apt.stdout.readline()
        assert reboot.obstacle(ALONE) == "packages are being installed"
        apt.stdin.close()
    with (quiet / "state/lock").open() as run:
        fcntl.flock(run, fcntl.LOCK_EX)
        (quiet / "state/journal/sshd").rmdir()
        assert "a run of bongsu is changing this host" in reboot.obstacle(ALONE)


def peer(*probes, address="127.0.0.1"):
    return settings.Peer("mon2", address, probes)


def test_a_peer_that_accepts_connections_is_well():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert peers.unwell([peer(f"tcp:{port}")]) == []
    assert peers.unwell([peer(f"tcp:{port}")])[0].startswith(f"mon2: port {port}: ")


def test_a_monitor_is_asked_with_this_hosts_certificate(tmp_path):
    api = FakeApi(tmp_path)
    try:
        probe = f"https:{api.url.rpartition(':')[2]}/-/ready"
        api.answers["/-/ready"] = "ready"
        assert peers.unwell([peer(probe)], api.files) == []
        api.statuses = iter([401])  # who asks for a password is at work
        assert peers.unwell([peer(probe)], api.files) == []
        api.statuses = iter([503])
        assert "answered 503" in peers.unwell([peer(probe)], api.files)[0]
        assert "No such file" in peers.unwell([peer(probe)])[0]  # no certificate on this machine
        stranger = FakeApi(tmp_path / "other")
        stranger.close()
        assert "mon2: " in peers.unwell([peer(probe)], stranger.files)[0]
    finally:
        api.close()


def test_each_probe_of_a_peer_counts_and_a_wrong_one_is_no_consent():
    assert peers.unwell([peer("udp:1")]) == ["mon2: 'udp:1' is no probe"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert len(peers.unwell([peer(f"tcp:{server.getsockname()[1]}", "tcp:1")])) == 1


@pytest.mark.parametrize("text", ["", "{}", '{"window": {"start": "25:00", "minutes": 1, "days": []}}', "[]"])
def test_settings_that_are_not_the_roles_are_refused(tmp_path, text):
    path = tmp_path / "updates.json"
    assert settings.load(path) is None
    path.write_text(text)
    with pytest.raises(BongsuError, match="is not as its role writes it"):
        settings.load(path)
