"""Packages come, are held, brought forward and upgraded by apt-get, within the component's own run."""

import os

import pytest
from ansible.module_utils.bongsu.component import steps

DAEMON = {"1.0": {"depends": ["lib"], "units": ["daemon.service"]}, "2.0": {"units": ["daemon.service"]}}


@pytest.fixture
def world(host):
    host.apt(available={"daemon": {"1.0": DAEMON["1.0"]}, "lib": {"1.0": {}}, "other": {"1.0": {}, "2.0": {}}})
    host.set_unit(load="not-found")
    return host


def versions(host):
    return {name: one["version"] for name, one in host.apt()["installed"].items() if one["state"] == "installed"}


def words(host, verb):
    """What apt was really told to do with ``verb``, a word of its command line."""
    lines = [line.split() for line in host.apt()["log"] if "--simulate" not in line]
    return [[word for word in line[1:] if not word.startswith("-")] for line in lines if verb in line]


def test_a_package_and_what_it_needs_come_before_the_files(world):
    result = world.converge(world.file(content="a\n"), packages=["daemon"])
    assert result["actions"] == [
        "installed daemon: it is missing",
        f"created {world.config}",
        "restarted daemon.service: was not running",
    ]
    assert versions(world) == {"daemon": "1.0", "lib": "1.0"}
    manifest = world.manifest()
    assert manifest["packages"] == [{"name": "daemon", "version": None}]
    assert (manifest["brought"], manifest["versions"]) == (["daemon", "lib"], {"daemon": "1.0"})
    world.forget_calls()
    assert not world.converge(world.file(content="a\n"), packages=["daemon"])["changed"]
    assert (world.calls(), len(words(world, "install"))) == ([], 1)


def test_apt_is_run_once_when_packages_come_and_once_when_they_go(world):
    """A simulation costs as much again: apt tells what it is about to do, or stops."""
    world.converge(packages=["daemon"])
    world.remove()
    done = [word for line in world.apt()["log"] for word in line.split() if word in ("install", "purge")]
    assert done == ["install", "purge"]
    assert versions(world) == {}


def test_where_more_than_new_packages_would_come_apt_is_asked_first(world):
    world.apt(installed={"lib": {"version": "0.9", "state": "installed"}})
    needs = {"depends": ["lib=1.0"], "units": ["daemon.service"]}
    world.apt(available={"daemon": {"1.0": needs}, "lib": {"1.0": {}}})
    world.converge(packages=["daemon"])
    assert versions(world) == {"daemon": "1.0", "lib": "1.0"}
    assert world.manifest()["brought"] == ["daemon"]
    runs = [line.split() for line in world.apt()["log"] if "--download-only" not in line]
    assert ["--simulate" in words for words in runs if "install" in words] == [False, True, False]


def test_check_mode_predicts_and_asks_apt_for_nothing(world):
    result = world.converge(world.file(content="a\n"), packages=["daemon", "lib"], check=True)
    assert (result["changed"], result["missing_packages"]) == (True, ["daemon", "lib"])
    assert world.apt()["log"] == []
    assert versions(world) == {}


def test_a_package_that_was_there_is_not_ours(world):
    world.apt(installed={"lib": {"version": "1.0", "state": "installed"}})
    world.converge(packages=["daemon", "lib"])
    assert world.manifest()["brought"] == ["daemon"]


def test_a_daemon_is_not_started_by_its_package_but_by_us(world):
    def look_before_the_files_come():
        swap = steps.swap
        steps.swap = lambda *args: (world.root / "seen").write_text(world.unit()["active"]) and swap(*args)

    world.converge(world.file(content="a\n"), packages=["daemon"], before=look_before_the_files_come)
    assert (world.root / "seen").read_text() == "inactive"
    assert world.unit()["active"] == "active"
    assert not world.policy.exists()


@pytest.mark.parametrize("fails", [False, True])
def test_the_hosts_own_policy_is_as_before_whatever_happens(world, fails):
    available = world.apt()["available"]
    available["daemon"]["1.0"] = {**available["daemon"]["1.0"], **({"fails": "no"} if fails else {})}
    world.apt(available=available)
    world.policy.write_text("#!/bin/sh\nexit 104\n")
    os.utime(world.policy, (1e9, 1e9))
    before = world.policy.stat()
    result = world.converge(world.file(content="a\n"), packages=["daemon"])
    assert bool(result.get("failed")) == fails
    assert world.policy.read_text() == "#!/bin/sh\nexit 104\n"
    after = world.policy.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime) == (before.st_mode, before.st_uid, before.st_mtime)


def test_a_policy_that_is_a_link_is_given_back_as_one(world):
    world.policy.symlink_to("/bin/true")
    assert "failed" not in world.converge(packages=["daemon"])
    assert str(world.policy.readlink()) == "/bin/true"


def test_a_pinned_package_is_held_and_let_go_with_its_pin(world):
    first = world.converge(packages=["other=1.0"], units=[])
    assert first["actions"] == ["installed other=1.0: it is missing", "held other", "recorded the manifest"]
    assert (versions(world), world.apt()["held"]) == ({"other": "1.0"}, ["other"])
    assert not world.converge(packages=["other=1.0"], units=[])["changed"]
    second = world.converge(packages=["other"], units=[])
    assert second["actions"] == ["no longer holding other", "recorded the manifest"]
    assert (versions(world), world.apt()["held"]) == ({"other": "1.0"}, [])
    assert not world.converge(packages=["other"], units=[])["changed"]


def test_a_hold_of_the_hosts_own_is_never_lifted(world):
    world.apt(installed={"other": {"version": "1.0", "state": "installed"}}, held=["other"])
    world.converge(packages=["other=1.0"], units=[])
    world.converge(packages=["other"], units=[])
    world.remove()
    assert world.apt()["held"] == ["other"]


def test_a_pinned_package_that_somebody_let_go_is_held_again(world):
    world.converge(packages=["other=1.0"], units=[])
    world.apt(held=[])
    assert world.converge(packages=["other=1.0"], units=[])["actions"] == ["held other"]
    assert world.apt()["held"] == ["other"]


def test_a_package_is_brought_to_the_version_pinned_up_or_down(world):
    world.converge(packages=["other=1.0"], units=[])
    for pin, had in (("2.0", "1.0"), ("1.0", "2.0")):
        result = world.converge(packages=[f"other={pin}"], units=[])
        assert result["actions"] == [f"installed other={pin}: {had} is not the version pinned", "recorded the manifest"]
        assert (versions(world), world.apt()["held"]) == ({"other": pin}, ["other"])


def test_a_hold_outlives_an_upgrade_that_goes_well_and_one_that_does_not(world):
    """Apt lifts the hold of what it is told to change: a pin's own, and one of the host's."""
    world.apt(installed={"other": {"version": "1.0", "state": "installed"}}, held=["other"])
    sick = {"health": [{"tcp": {"port": 1}}], "deadline": 0.01}
    assert world.converge(packages=["other=2.0"], units=[], **sick)["rolled_back"]
    assert (versions(world), world.apt()["held"]) == ({"other": "1.0"}, ["other"])
    for pin in ("2.0", "1.0"):
        assert world.converge(packages=[f"other={pin}"], units=[])["changed"]
        assert (versions(world), world.apt()["held"]) == ({"other": pin}, ["other"])
        assert not world.converge(packages=[f"other={pin}"], units=[])["changed"]


def test_a_pin_takes_along_what_it_insists_on_and_that_stays_unasked_for(world):
    tool = {version: {"depends": [f"data={version}"]} for version in ("1.0", "2.0")}
    world.apt(available={"tool": tool, "data": {"1.0": {}, "2.0": {}}})
    for pin in ("1.0", "2.0", "1.0"):
        assert "failed" not in world.converge(packages=[f"tool={pin}"], units=[])
        assert versions(world) == {"tool": pin, "data": pin}
        assert (world.apt()["auto"], world.apt()["held"]) == (["data"], ["tool"])
    assert world.manifest()["brought"] == ["data", "tool"]


def test_a_package_that_was_downgraded_is_brought_forward_again(world):
    world.converge(packages=["other"], units=[])
    world.apt(installed={"other": {"version": "1.0", "state": "installed"}})
    result = world.converge(packages=["other"], units=[])
    assert result["actions"] == ["installed other: 1.0 is older than 2.0, which it was"]
    assert versions(world) == {"other": "2.0"}
    assert not world.converge(packages=["other"], units=[])["changed"]


def test_a_run_of_upgrades_restarts_what_got_a_new_program(world):
    world.converge(world.file(content="a\n"), packages=["daemon"])
    world.apt(available={**world.apt()["available"], "daemon": DAEMON})
    assert not world.converge(world.file(content="a\n"), packages=["daemon"])["changed"]
    world.forget_calls()
    result = world.converge(world.file(content="a\n"), packages=["daemon"], upgrade=True)
    assert result["actions"] == [
        "installed daemon: there is a newer version than 1.0",
        "restarted daemon.service: its package was replaced",
    ]
    assert "restart daemon.service" in world.calls()
    assert not world.converge(world.file(content="a\n"), packages=["daemon"], upgrade=True)["changed"]


def test_what_an_interrupted_dpkg_left_is_finished(world):
    world.apt(installed={"other": {"version": "1.0", "state": "half-configured"}})
    result = world.converge(packages=["lib"], units=[])
    assert result["actions"][0] == "had dpkg finish what was interrupted"
    assert versions(world) == {"other": "1.0", "lib": "1.0"}
    assert world.manifest()["brought"] == ["lib"]
