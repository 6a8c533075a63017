"""Packages in whose unpacking dpkg itself was cut off: they are made whole, or go where they were to go anyway."""

import os
import signal

import fake_apt
import pytest

INSTALLED = {"version": "1.0", "state": "installed"}
TORN = {"version": "1.0", "state": "half-installed", "torn": True}
NOTHING = {"packages": ["lib"], "units": []}


@pytest.fixture
def world(host):
    """A host with a daemon, and packages that could come."""
    daemon = {"1.0": {"units": ["daemon.service"]}, "2.0": {"units": ["daemon.service"], "depends": ["new"]}}
    host.apt(available={"daemon": daemon, "lib": {"1.0": {}}, "new": {"1.0": {}}}, installed={"daemon": INSTALLED})
    return host


def installed(host):
    return {name: (one["version"], one["state"]) for name, one in host.apt()["installed"].items()}


def cut_off(host, package, **values):
    """Converge until dpkg unpacks a package, and let both end there."""

    def begin():
        fake_apt.midway = lambda what: os.kill(os.getpid(), signal.SIGKILL) if what == f"unpacks {package}" else None

    assert host.converge(before=begin, **values) == {"killed": True}
    assert host.apt()["installed"][package]["torn"]


def nobody_has(host, *packages):
    host.apt(available={name: has for name, has in host.apt()["available"].items() if name not in packages})


@pytest.mark.parametrize("fetchable", [True, False])
def test_what_a_run_was_bringing_goes_whether_apt_can_fetch_it_again_or_not(world, fetchable):
    cut_off(world, "lib", **NOTHING, name="other")
    if not fetchable:
        nobody_has(world, "lib")
    result = world.converge(units=[], name="other")
    assert result["actions"][0] == "undid an interrupted run"
    assert installed(world) == {"daemon": ("1.0", "installed")}


def test_the_same_run_once_more_brings_it(world):
    cut_off(world, "lib", **NOTHING, name="other")
    assert "failed" not in world.converge(**NOTHING, name="other")
    assert installed(world) == {"daemon": ("1.0", "installed"), "lib": ("1.0", "installed")}
    assert world.manifest("other")["brought"] == ["lib"]
    assert not world.converge(**NOTHING, name="other")["changed"]


def test_what_was_there_before_comes_back_in_its_version_and_nothing_beside(world):
    cut_off(world, "daemon", packages=["daemon=2.0"], name="other", units=[])
    assert world.apt()["installed"]["daemon"]["version"] == "1.0"
    world.converge(units=[], name="other")
    assert installed(world) == {"daemon": ("1.0", "installed")}


def test_where_only_a_newer_version_is_to_be_had_that_comes_rather_than_nothing(world):
    available = world.apt()["available"]
    world.apt(available={**available, "daemon": {"2.0": available["daemon"]["2.0"]}})
    cut_off(world, "daemon", packages=["daemon=2.0"], name="other", units=[])
    result = world.converge(units=[], name="other")
    assert "E: Version '1.0' for 'daemon' was not found" in result["msg"]
    assert installed(world)["daemon"] == ("2.0", "installed")


def test_a_unit_then_runs_the_newer_version_as_well(host):
    versions = {"1.0": {"units": ["daemon.service"]}, "2.0": {"units": ["daemon.service"]}}
    host.apt(available={"daemon": {"1.0": versions["1.0"]}})
    host.set_unit(load="not-found")
    assert "failed" not in host.converge(host.file(content="a\n"), packages=["daemon"])
    host.apt(available={"daemon": {"2.0": versions["2.0"]}})
    cut_off(host, "daemon", packages=["daemon"], upgrade=True)
    began = host.unit()["invocation"]
    host.converge(host.file(content="a\n"), packages=["daemon"])
    assert installed(host)["daemon"] == ("2.0", "installed")
    assert host.unit()["invocation"] != began


def test_what_apt_has_fetched_makes_it_whole_though_no_repository_has_it(world):
    world.apt(installed={"daemon": TORN}, archives={"daemon": {"1.0": {}}})
    (world.root / "archives/daemon_1.0_all.deb").touch()
    nobody_has(world, "daemon")
    assert world.converge(**NOTHING)["actions"][0] == "had dpkg finish what was interrupted"
    assert installed(world) == {"daemon": ("1.0", "installed"), "lib": ("1.0", "installed")}


def test_a_package_of_the_hosts_own_stays_torn_and_is_told_until_apt_can_have_it(world):
    world.apt(installed={"daemon": TORN})
    available = world.apt()["available"]
    nobody_has(world, "daemon")
    told = world.converge(**NOTHING)
    assert "dpkg was cut off while it unpacked daemon, and apt cannot install that again" in told["msg"]
    assert "Give apt a repository that has it, and run this again." in told["msg"]
    assert installed(world) == {"daemon": ("1.0", "half-installed")}
    world.apt(available=available)
    assert "failed" not in world.converge(**NOTHING)
    assert installed(world) == {"daemon": ("1.0", "installed"), "lib": ("1.0", "installed")}


def test_of_two_the_one_that_goes_does_not_keep_the_other_torn(world):
    cut_off(world, "lib", **NOTHING, name="other")
    world.apt(installed={**world.apt()["installed"], "daemon": TORN})
    nobody_has(world, "lib")
    world.converge(units=[], name="other")
    assert installed(world) == {"daemon": ("1.0", "installed")}


def test_it_stays_held_and_unasked_for(world):
    world.apt(installed={"daemon": TORN}, held=["daemon"], auto=["daemon"])
    assert "failed" not in world.converge(**NOTHING)
    assert installed(world)["daemon"] == ("1.0", "installed")
    assert (world.apt()["held"], world.apt()["auto"]) == (["daemon"], ["daemon"])


@pytest.mark.parametrize("fetchable", [True, False])
def test_a_component_goes_though_its_package_is_torn(world, fetchable):
    world.converge(**NOTHING, name="other")
    world.apt(installed={**world.apt()["installed"], "lib": TORN})
    if not fetchable:
        nobody_has(world, "lib")
    assert "failed" not in world.remove("other")
    assert installed(world) == {"daemon": ("1.0", "installed")}


def test_a_removal_that_another_torn_package_is_in_the_way_of_goes_on_later(world):
    world.converge(**NOTHING, name="other")
    available = world.apt()["available"]
    world.apt(installed={**world.apt()["installed"], "daemon": TORN})
    nobody_has(world, "daemon")
    assert "dpkg was cut off while it unpacked daemon" in world.remove("other")["msg"]
    assert installed(world) == {"daemon": ("1.0", "half-installed"), "lib": ("1.0", "installed")}
    world.apt(available=available)
    assert "failed" not in world.remove("other")
    assert installed(world) == {"daemon": ("1.0", "installed")}


def test_nothing_is_left_of_what_dpkg_had_begun_to_unpack_and_never_wrote_down(world):
    """Its own list of what it is about to unpack is beside its status; a directory of another package's stays."""
    cut_off(world, "lib", **NOTHING, name="other")
    nobody_has(world, "lib")
    new, shared = world.root / "usr/lib/lib/code.dpkg-new", world.root / "usr/share/lib.txt.dpkg-new"
    conffile, others = world.root / "etc/lib.conf.dpkg-new", world.root / "usr/other.dpkg-new"
    listed = {"control": "Package: lib\nVersion: 1.0\n", "conffiles": str(conffile).removesuffix(".dpkg-new")}
    listed["md5sums"] = "".join(f"0123  {str(path).removesuffix('.dpkg-new')[1:]}\n" for path in (new, shared))
    for path in (new, shared, conffile, others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name, text in listed.items():
        (world.root / "tmp.ci").mkdir(exist_ok=True)
        (world.root / "tmp.ci" / name).write_text(text)
    (world.root / "info").mkdir()
    (world.root / "info/other.list").write_text(f"/.\n{shared.parent}\n{conffile.parent}\n")
    world.converge(units=[], name="other")
    assert list(world.root.rglob("*.dpkg-new")) == [others]
    assert (new.parent.parent.exists(), shared.parent.exists()) == (False, True)


def test_what_another_package_had_begun_stays(world):
    cut_off(world, "lib", **NOTHING, name="other")
    nobody_has(world, "lib")
    (world.root / "tmp.ci").mkdir()
    (world.root / "tmp.ci/control").write_text("Package: lib-of-others\n")
    (world.root / "tmp.ci/conffiles").write_text(f"{world.root}/etc/x\n")
    (world.root / "etc/x.dpkg-new").touch()
    world.converge(units=[], name="other")
    assert (world.root / "etc/x.dpkg-new").exists()
