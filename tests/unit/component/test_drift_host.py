"""The module on a host in a temporary directory: real files, with fake systemctl and dpkg."""

import fcntl
import json
import time
from functools import partial

import pytest
from ansible.module_utils.bongsu.component import apt, drift_host, overrides
from drift_world import entry, sha256
from module_runner import run_module


class World:
    """A host with one component that is as it was placed."""

    def __init__(self, host):
        self.host, self.state = host, host.root / "state"
        host.config.write_text("a = 1\n")
        host.config.chmod(0o640)
        host.set_unit(active="active", file="enabled", invocation="first", started="Mon 2026-11-23 12:00:00.000000 UTC")
        self.install("1.22.1")
        mine = host.file()
        files = [entry(str(host.config), "file", b"a = 1\n", owner=mine["owner"], group=mine["group"])]
        self.write(
            "daemon",
            packages=[{"name": "nginx", "version": None}],
            files=[{**file, "units": ["daemon.service"]} for file in files],
            units=[{"name": "daemon.service", "enabled": True, "started": True, "masked": False}],
            versions={"nginx": "1.22.1"},
            unit_files={"daemon.service": {"fragment": None, "dropins": {}}},
            running={"daemon.service": {"invocation": "first", "files": {str(host.config): sha256(b"a = 1\n")}}},
        )

    def install(self, version):
        apt.DPKG_STATUS.write_text(
            f"Package: nginx\nStatus: install ok installed\nVersion: {version}\n\n"
            "Package: half\nStatus: install ok half-configured\nVersion: 1\n"
        )

    def write(self, name, **values):
        manifest = {"format": 1, "component": name, "packages": [], "files": [], "units": [], **values}
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(json.dumps(manifest))

    def path(self, name):
        return self.state / "components" / f"{name}.json"

    def look(self, *, check=False):
        return run_module("drift", {"state_directory": str(self.state)}, check=check, env=self.host.env)

    def found(self):
        return [(one["resource"].rpartition("/")[2], one["what"]) for one in self.look()["findings"]]


@pytest.fixture
def world(host, monkeypatch):
    monkeypatch.setattr(overrides, "find", partial(overrides.find, directories=[str(host.root / "etc/systemd/system")]))
    return World(host)


def test_nothing_has_drifted_and_nothing_is_changed(world):
    before = world.host.tree()
    result = world.look()
    assert (result["changed"], result["findings"], result["components"]) == (False, [], ["daemon"])
    assert result["table"] == ["1 component, all as placed"]
    assert world.host.tree() == before
    assert world.host.calls() == []
    assert not (world.state / "lock").exists()


@pytest.mark.parametrize("check", [False, True])
def test_what_drifted_is_told_in_and_out_of_check_mode(world, check):
    world.host.config.write_text("a = secret\n")
    world.host.config.chmod(0o666)
    result = world.look(check=check)
    assert [(one["what"], one["detail"]) for one in result["findings"]] == [
        ("content", ""),
        ("mode", "0666 instead of 0640"),
    ]
    assert "secret" not in str(result)
    assert result["table"][1] == f"daemon  {world.host.config}  mode     0666 instead of 0640"
    assert world.host.config.read_text() == "a = secret\n"


def test_packages_units_and_overrides_are_looked_at(world):
    world.install("1.18.0")
    world.host.set_unit(active="inactive", file="masked")
    (world.host.root / "etc/systemd/system/daemon.service.d").mkdir(parents=True)
    (world.host.root / "etc/systemd/system/daemon.service.d/zz.conf").write_text("[Service]\nExecStart=\n")
    assert world.found() == [
        ("zz.conf", "dropin"),
        ("daemon.service", "unit_masked"),
        ("daemon.service", "unit_stopped"),
        ("nginx", "package_version"),
    ]


def test_a_package_that_dpkg_left_half_done_is_not_there(world):
    world.write("other", packages=[{"name": "half", "version": None}, {"name": "none", "version": None}])
    assert world.found() == [("half", "package_absent"), ("none", "package_absent")]


def test_a_path_below_something_that_is_no_directory_is_missing(world):
    world.write("other", files=[entry(f"{world.host.config}/below", "file", b"")])
    assert world.found() == [("below", "missing")]


def test_a_path_that_cannot_be_read_is_an_error_and_no_drift(world, monkeypatch):
    def broken(path):
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr("ansible.module_utils.bongsu.host.observe", broken)
    result = world.look()
    assert result["failed"]
    assert f"{world.host.config} cannot be read: Input/output error; run this as root" in result["msg"]


def test_a_host_where_nothing_is_placed(world):
    world.path("daemon").unlink()
    result = world.look()
    assert (result["components"], result["findings"]) == ([], [])
    assert result["table"] == ["nothing is placed here"]


def test_a_run_under_way_is_waited_for_and_not_for_ever(world, monkeypatch):
    monkeypatch.setattr(drift_host, "PATIENCE", 0.3)
    world.host.config.unlink()
    with (world.state / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        result = world.look()
        assert time.monotonic() - began >= 0.3
    assert result["failed"]
    assert "a run is still changing this host; look for drift again when it has ended" in result["msg"]
    assert world.found() == [("daemon.conf", "missing")]


def test_what_the_fast_path_asks_needs_no_lock_and_tells_descriptions_apart(world, monkeypatch):
    for name, value in world.host.env.items():
        monkeypatch.setenv(name, value)
    with (world.state / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digests, findings = drift_host.verified(str(world.state))
    assert (list(digests), findings) == (["daemon"], [])
    world.write("daemon")
    assert drift_host.verified(str(world.state))[0] != digests
