"""What a failed or killed run did to packages is undone, or told plainly where it cannot be."""

import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import fake_apt
import pytest
from ansible.module_utils.bongsu import state
from ansible.module_utils.bongsu.component import apt, apt_hook, interrupted

SICK = {"health": [{"tcp": {"port": 1}}], "deadline": 0.01}


@pytest.fixture
def world(host):
    """A host on which version 1.0 of daemon runs, and which could have 2.0."""
    versions = {"1.0": {"units": ["daemon.service"]}, "2.0": {"units": ["daemon.service"], "depends": ["new"]}}
    available = {"lib": {"1.0": {}}, "new": {"1.0": {}}, "bully": {"1.0": {"conflicts": ["lib"]}}}
    host.apt(available={**available, "daemon": {"1.0": versions["1.0"]}})
    host.set_unit(load="not-found")
    assert "failed" not in host.converge(host.file(content="a\n"), packages=["daemon"])
    host.apt(available={**available, "daemon": versions})
    return host


def installed(host):
    return {name: one["version"] for name, one in host.apt()["installed"].items()}


def upgrade_for_good(world, **values):
    """Upgrade to a version that is sick, while nobody has the one before any more."""
    available = world.apt()["available"]
    world.apt(available={**available, "daemon": {"2.0": available["daemon"]["2.0"]}})
    return world.converge(world.file(content="a\n"), packages=["daemon"], upgrade=True, **values)


def test_an_upgrade_that_is_not_healthy_goes_back_to_the_version_before(world):
    result = world.converge(world.file(content="a\n"), packages=["daemon"], upgrade=True, **SICK)
    assert "Everything was put back as before." in result["msg"]
    assert result["rolled_back"], result["msg"]
    assert installed(world) == {"daemon": "1.0"}
    assert world.unit()["active"] == "active"
    assert world.manifest()["versions"] == {"daemon": "1.0"}


def test_the_health_of_a_component_without_units_is_asked_after_an_upgrade(world):
    assert world.converge(units=[], packages=["daemon"], upgrade=True, **SICK)["rolled_back"]
    assert installed(world) == {"daemon": "1.0"}


def test_it_says_plainly_when_the_version_before_is_gone_and_takes_nothing_else_along(world):
    result = upgrade_for_good(world, **SICK)
    assert not result["rolled_back"]
    assert "Not everything could be put back: the packages are not all as they were" in result["msg"]
    assert "E: Version '1.0' for 'daemon' was not found" in result["msg"]
    assert "new stays: something else needs it" in result["msg"]
    assert installed(world) == {"daemon": "2.0", "new": "1.0"}
    assert world.unit()["active"] == "active"


def test_what_could_not_be_put_back_is_drift_and_no_run_is_green_before_it_is_healthy(world, monkeypatch):
    upgrade_for_good(world, **SICK)
    assert world.manifest()["versions"] == {"daemon": "1.0"}
    assert world.manifest()["brought"] == ["daemon", "new"]
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    assert "package_doubtful" in state.look(str(world.root / "state"))["drift"]["daemon"]
    for upgrade in (True, False):
        values = {"packages": ["daemon"], "upgrade": upgrade}
        assert world.converge(world.file(content="a\n"), check=True, **values, **SICK)["changed"]
        told = world.converge(world.file(content="a\n"), **values, **SICK)
        assert "it is not healthy" in told["msg"]
        assert "An earlier run could not put it back: the packages are not all as they were" in told["msg"]
    result = world.converge(world.file(content="a\n"), packages=["daemon"])
    assert result["actions"] == ["asked whether it is healthy, after an upgrade failed"]
    assert "doubtful" not in world.manifest()
    assert not world.converge(world.file(content="a\n"), packages=["daemon"])["changed"]


def test_what_apt_has_fetched_once_comes_back_though_no_repository_has_it(world):
    available = world.apt()["available"]
    world.apt(archives={"daemon": {"1.0": available["daemon"]["1.0"]}})
    (world.root / "archives/daemon_1.0_all.deb").touch()
    assert upgrade_for_good(world, **SICK)["rolled_back"]
    assert installed(world) == {"daemon": "1.0"}


def test_the_version_before_is_fetched_before_it_goes_for_who_undoes_it_without_a_network(world):
    assert world.converge(world.file(content="a\n"), packages=["daemon"], upgrade=True)["changed"]
    assert installed(world)["daemon"] == "2.0"
    assert list(world.apt()["archives"]["daemon"]) == ["1.0"]


def test_a_package_that_cannot_be_configured_goes_and_the_version_before_comes(world):
    available = world.apt()["available"]
    broken = {"fails": "its postinst gave up", "depends": ["new"]}
    world.apt(available={**available, "daemon": {"1.0": available["daemon"]["1.0"], "3.0": broken}})
    for values in ({"packages": ["daemon"], "upgrade": True}, {"name": "other", "packages": ["daemon=3.0"]}):
        result = world.converge(**values)
        assert "its postinst gave up" in result["msg"]
        assert result["rolled_back"], result["msg"]
        assert installed(world) == {"daemon": "1.0"}


def test_a_new_package_that_cannot_be_configured_is_gone_again(world):
    world.apt(available={**world.apt()["available"], "bad": {"1.0": {"fails": "no", "depends": ["new"]}}})
    assert world.converge(name="other", packages=["bad"], units=[])["rolled_back"]
    assert installed(world) == {"daemon": "1.0"}


def test_a_package_that_nobody_asked_for_is_not_asked_for_after_it_came_back(world):
    world.apt(auto=["lib"], installed={**world.apt()["installed"], "lib": {"version": "1.0", "state": "installed"}})
    available = world.apt()["available"]
    sick = {"2.0": {"depends": ["lib=2.0"]}}
    world.apt(available={**available, "lib": {"1.0": {}, "2.0": {}}, "daemon": {**available["daemon"], **sick}})
    assert world.converge(packages=["daemon"], upgrade=True, **SICK)["rolled_back"]
    assert installed(world) == {"daemon": "1.0", "lib": "1.0"}
    assert world.apt()["auto"] == ["lib"]


def test_an_installation_that_would_remove_another_package_is_refused(world):
    world.converge(packages=["lib"], units=[], name="other")
    result = world.converge(world.file(content="b\n"), packages=["daemon", "bully"])
    assert "E: Packages need to be removed but remove is disabled." in result["msg"]
    assert result["rolled_back"], result["msg"]
    assert installed(world) == {"daemon": "1.0", "lib": "1.0"}
    assert world.config.read_text() == "a\n"


def test_a_package_that_nobody_has_is_told_in_the_words_of_apt(world):
    result = world.converge(packages=["no-such-package"], name="other", units=[])
    assert "E: Unable to locate package no-such-package" in result["msg"]
    assert "--quiet" not in result["msg"]
    assert not world.policy.exists()


def test_a_hold_is_undone_with_the_rest_and_one_that_was_lifted_is_back(world):
    world.converge(packages=["lib=1.0"], units=[], name="other")
    assert world.converge(packages=["lib", "new=1.0"], units=[], name="other", **SICK)["rolled_back"]
    assert world.apt()["held"] == ["lib"]
    assert installed(world) == {"daemon": "1.0", "lib": "1.0"}


def test_a_configuration_that_was_there_before_its_package_stays(world):
    own = world.root / "etc/lib.conf"
    own.write_text("of a time before\n")
    world.apt(available={**world.apt()["available"], "lib": {"1.0": {"conffiles": {str(own): "as packaged\n"}}}})
    values = {"packages": ["lib"], "units": [], "name": "other"}
    assert world.converge(world.file(own, content="ours\n"), **values, **SICK)["rolled_back"]
    assert own.read_text() == "of a time before\n"
    assert "failed" not in world.converge(world.file(own, content="ours\n"), **values)
    world.remove("other")
    assert own.read_text() == "of a time before\n"


def test_the_configuration_that_dpkg_lays_beside_one_that_was_changed_goes_again(world):
    path = world.root / "etc/lib.conf"
    conffiles = {"conffiles": {str(path): "as packaged\n"}}
    world.apt(available={**world.apt()["available"], "lib": {"1.0": conffiles, "2.0": conffiles}})
    world.converge(packages=["lib=1.0"], units=[], name="other")
    for before in (False, True):
        if before:
            path.with_name("lib.conf.dpkg-dist").touch()

        def lay_beside():
            install = apt.install
            beside = path.with_name("lib.conf.dpkg-dist")
            apt.install = lambda *args: (install(*args), beside.touch())

        result = world.converge(packages=["lib=2.0"], units=[], name="other", before=lay_beside, **SICK)
        assert result["rolled_back"]
        assert path.with_name("lib.conf.dpkg-dist").exists() == before


def test_what_dpkg_had_not_taken_over_when_it_was_cut_off_counts(world):
    updates = world.root / "updates"
    updates.mkdir()
    assert not apt.read_status().unfinished
    (updates / "0004").touch()
    assert apt.read_status().unfinished


def test_apt_that_lives_on_when_its_run_is_killed_is_waited_for(world):
    """Undoing must not look at what dpkg has before the lock is free that apt-get holds, and here another process."""

    def die_in_apt():
        fake_apt.midway = lambda what: os.kill(os.getpid(), signal.SIGKILL) if what == "told" else None

    assert world.converge(packages=["lib"], units=[], name="other", before=die_in_apt) == {"killed": True}
    now = world.apt()["installed"]
    with at_work(world.root / "dpkg-lock", lambda: world.apt(installed={**now, "lib": {**now["daemon"]}})):
        result = world.converge(units=[], name="other")
    assert result["actions"][0] == "undid an interrupted run"
    assert installed(world) == {"daemon": "1.0"}


def test_while_another_dpkg_is_in_the_way_the_journal_stays_and_the_next_run_undoes(world):
    def busy():
        def wait(*_, **__):
            raise apt.BusyError("another dpkg has been at work for 300 s; let it end")

        interrupted.wait_for_others = apt.take_away = wait

    result = world.converge(packages=["lib"], units=[], name="other", before=busy, **SICK)
    assert "another dpkg has been at work" in result["msg"]
    assert "lib" in installed(world)
    left = json.loads((world.root / "state/journal/other/journal.json").read_text())
    assert (left["packages"]["new"], left["paths"], left["units"], left["manifest"]) == (["lib"], [], [], None)
    result = world.converge(units=[], name="other")
    assert result["actions"][0] == "undid an interrupted run"
    assert installed(world) == {"daemon": "1.0"}


def test_apt_that_comes_to_install_after_its_run_was_undone_installs_nothing(world):
    def die_before_apt():
        apt.add = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)

    journal = world.root / "state/journal/other"
    assert world.converge(packages=["lib"], units=[], name="other", before=die_before_apt) == {"killed": True}
    (place,) = journal.glob("coming-*")
    hook = (place / "hook").read_text()
    assert apt_hook.resolved(journal, {"awaited": place.name, "held": ["lib"]}) == {}
    done = tell(hook.replace("os.path.dirname(__file__)", repr(str(place))), "lib - - none < 1.0 all none /lib.deb\n")
    assert done.returncode != 0
    assert "No such file or directory" in done.stderr
    assert apt_hook.claim(place) == []


@pytest.mark.parametrize(
    ("lines", "new"),
    [
        ("lib - - none < 1.0 all none /lib.deb\n", ["lib"]),
        ("lib - - none < 1.0 amd64 same /lib.deb\nx - - none < 1 i386 none /x.deb\n", ["lib", "x:i386"]),
        ("lib - - none < 1.0 all none /lib.deb\nlib - - none < 1.0 all none **CONFIGURE**\n", ["lib"]),
        ("lib 1.0 all none < 2.0 all none /lib.deb\n", []),
        ("lib - - none < 1.0 all none /lib.deb\nold 1.0 all none > - - none **REMOVE**\n", []),
    ],
)
def test_the_hook_tells_what_is_new_and_stops_apt_where_something_else_is_touched(tmp_path, lines, new):
    place = tmp_path / "coming"
    apt_hook.expect(place)
    done = tell((place / "hook").read_text().replace("__file__", repr(f"{place}/hook")), lines)
    assert (done.returncode == 0) == bool(new)
    assert apt_hook.claim(place) == new


def test_a_removal_is_stopped_where_another_architectures_package_of_that_name_would_go():
    options = apt_hook.going(["lib"])
    code = shlex.split(options[1].partition("::=")[2])
    one, other = "lib 1.0 amd64 same > - - none **REMOVE**\n", "lib 1.0 i386 same > - - none **REMOVE**\n"
    status = [
        subprocess.run(
            [sys.executable, *code[1:]], input=f"VERSION 3\nAPT::Architecture=amd64\n\n{lines}", text=True, check=False
        ).returncode
        for lines in (one, one + other)
    ]
    assert status == [0, 1]


def tell(hook, lines):
    """Run the hook as apt does, with its settings before what it is about to do."""
    said = f"VERSION 3\nAPT::Architecture=amd64\nDir=/\n\n{lines}"
    return subprocess.run([sys.executable, "-IS", "-c", hook], input=said, text=True, capture_output=True, check=False)


@contextmanager
def at_work(lock, ending):
    """Hold dpkg's lock in another process for a moment, which ends with a change of what is installed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with lock.open("w") as stream:
            fcntl.lockf(stream, fcntl.LOCK_EX)
            os.write(writer, b"!")
            time.sleep(0.3)
            ending()
        os._exit(0)
    os.read(reader, 1)
    yield
    os.waitpid(child, 0)
