from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from bongsu.errors import BadInput, BongsuError
from bongsu.lab import machine
from bongsu.lab.engine import Machine, cgroup_mode, containers_conf, may_raise_limits

UNIFIED = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
LEGACY = (
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw\n"
)
HYBRID = LEGACY + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
SUBNET = IPv4Network("10.89.77.0/24")


@pytest.mark.parametrize(("text", "mode"), [(UNIFIED, "unified"), (HYBRID, "hybrid"), (LEGACY, "legacy")])
def test_cgroup_mode(text, mode):
    assert cgroup_mode(text) == mode


@pytest.mark.parametrize(
    ("status", "may"),
    [
        ("CapEff:\t000001ffffffffff\n", True),
        ("Name:\tx\nCapEff:\t000001fffeffffff\n", False),
        ("CapEff:\t0000000000000000\n", False),
    ],
)
def test_may_raise_limits(status, may):
    assert may_raise_limits(status) is may


def test_an_ordinary_machine_keeps_podmans_runtime():
    here = Machine("unified", raise_limits=True, limits=(1048576, -1))
    conf = containers_conf(here)
    assert not here.plain
    for word in ("runtime", "cgroup_manager", "ulimits"):
        assert word not in conf
    assert 'network_backend = "netavark"' in conf


@pytest.mark.parametrize(("mode", "raise_limits"), [("hybrid", True), ("legacy", True), ("unified", False)])
def test_a_restricted_machine_gets_plain_settings(mode, raise_limits):
    here = Machine(mode, raise_limits=raise_limits, limits=(20000, -1))
    conf = containers_conf(here)
    assert here.plain
    assert 'runtime = "runc"' in conf
    assert 'cgroup_manager = "cgroupfs"' in conf
    assert '["nofile=20000:20000", "nproc=9000:9000"]' in conf


def test_limits_stay_below_the_machines_own():
    assert "nofile=4096:4096" in containers_conf(Machine("hybrid", raise_limits=False, limits=(4096, 100)))


def test_nothing_is_missing_when_every_file_is_there():
    assert machine.missing_packages(lambda _path: True, plain=True) == []


def test_missing_packages_are_named_as_apt_knows_them():
    missing = machine.missing_packages(lambda path: "podman" not in path, plain=True)
    assert missing == ["podman", "netavark"]


@pytest.mark.parametrize(("plain", "missing"), [(True, ["runc"]), (False, [])])
def test_crun_will_do_on_an_ordinary_machine_alone(plain, missing):
    assert machine.missing_packages(lambda path: "runc" not in path, plain=plain) == missing


def test_without_root_the_error_says_what_to_do():
    machine.require_root(uid=0)
    with pytest.raises(BadInput, match=r"needs root.*sudo"):
        machine.require_root(uid=1000)


@pytest.mark.parametrize(
    ("route", "found"),
    [
        ({"dst": "10.89.0.0/16", "dev": "wg0"}, "10.89.0.0/16 on wg0"),
        ({"dst": "10.89.77.128/25", "dev": "eth1"}, "10.89.77.128/25 on eth1"),
        ({"type": "local", "dst": "10.89.77.1", "dev": "eth1"}, "10.89.77.1/32 on eth1"),
        ({"dst": "default", "dev": "eth0"}, None),
        ({"dst": "10.89.78.0/24", "dev": "eth0"}, None),
        ({"dst": "0.0.0.0/0", "dev": "eth0"}, None),
    ],
)
def test_conflict(route, found):
    assert machine.conflict(SUBNET, [route]) == found


def test_path_has_this_python_first_and_the_system_last(monkeypatch):
    monkeypatch.setenv("PATH", "/mine")
    path = machine.environment(A="b")["PATH"].split(":")
    assert path[1] == "/mine"
    assert path[-1] == "/bin"
    assert "/usr/sbin" in path


@pytest.fixture
def apt(monkeypatch, tmp_path):
    """A machine without podman, and an apt-get that writes down what it is asked."""
    asked = tmp_path / "asked"
    script = tmp_path / "apt-get"
    script.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >>{asked}\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine, "missing_packages", lambda: ["podman", "runc"])
    return script, asked


def test_root_installs_what_is_missing_and_says_so(apt):
    said = []
    machine.install_missing(lambda *event: said.append(event))
    assert said == [("machine", "installing podman runc")]
    assert apt[1].read_text().splitlines() == [
        "noninteractive update --quiet",
        "noninteractive install --quiet --yes --no-install-recommends podman runc",
    ]


def test_a_failure_of_apt_is_told_in_its_own_words(apt):
    apt[0].write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2; exit 100\n")
    with pytest.raises(BongsuError, match=r"E: Unable to locate package\nInstall by hand: apt-get install podman runc"):
        machine.install_missing(lambda *_: None)


def test_the_mirrors_are_the_machines_own(apt):
    lines = "Debian http://mirror.example/debian/", "Debian-Security http://mirror.example/security/"
    apt[0].write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    assert machine.mirrors() == ("http://mirror.example/debian/", "http://mirror.example/security/")


def test_a_machine_without_debians_archives_is_told_so_after_an_update(apt):
    with pytest.raises(BadInput, match=r"no archive labelled 'Debian'; add Debian's to /etc/apt/sources.list.d/"):
        machine.mirrors()
    assert any(line.endswith(" update") for line in apt[1].read_text().splitlines())


@pytest.mark.parametrize(("hosts", "allowed", "then"), [(4, 128, 128), (40, 128, 480), (40, 1024, 1024)])
def test_many_hosts_get_the_inotify_instances_that_they_need(tmp_path, hosts, allowed, then):
    limit, told = tmp_path / "max_user_instances", []
    limit.write_text(f"{allowed}\n")
    machine.make_room(hosts, lambda *words: told.append(words), limit)
    assert int(limit.read_text()) == then
    assert bool(told) == (then != allowed)


def test_a_kernel_that_cannot_be_told_is_told_of(tmp_path):
    class ReadOnly(type(tmp_path)):
        def write_text(self, *_: object) -> int:
            raise OSError(30, "Read-only file system")

    limit, told = ReadOnly(tmp_path / "max_user_instances"), []
    (tmp_path / "max_user_instances").write_text("128\n")
    machine.make_room(40, lambda *words: told.append(" ".join(words)), limit)
    assert "sysctl -w fs.inotify.max_user_instances=480" in told[0]
