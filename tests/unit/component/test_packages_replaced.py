"""A package may take another's place where its component says so; undone or removed, the other one is back."""

import pytest

TAKES = {"packages": ["new"], "replaces": ["old", "unheard-of"], "units": []}
SICK = {"health": [{"tcp": {"port": 1}}], "deadline": 0.01}


@pytest.fixture
def world(host):
    """A host with one of two packages that cannot be beside each other, and which nobody asked for."""
    old = {"old": {"version": "1.0", "state": "installed"}}
    available = {
        "old": {"1.0": {"units": ["old.service"]}},
        "new": {"1.0": {"conflicts": ["old"]}},
        "other": {"1.0": {}},
    }
    host.apt(available=available, installed=old, auto=["old"])
    host.set_unit("old.service", load="loaded", active="active", file="enabled")
    return host


def installed(host):
    return {name: one["version"] for name, one in host.apt()["installed"].items() if one["state"] == "installed"}


def without_a_repository(world):
    """No repository has the old package any more, as after an update of it."""
    available = {**world.apt()["available"], "old": {"2.0": {"units": ["old.service"]}}}
    world.apt(available=available)


def test_it_takes_the_place_and_is_silent_then(world):
    predicted = world.converge(check=True, **TAKES)
    assert installed(world) == {"old": "1.0"}
    result = world.converge(**TAKES)
    assert result["actions"][:2] == ["installed new: it is missing", "let old go, where that takes its place"]
    assert predicted["actions"][:2] == result["actions"][:2]
    assert installed(world) == {"new": "1.0"}
    assert world.manifest()["gone"] == {"old": {"version": "1.0", "automatic": True}}
    assert not world.converge(**TAKES)["changed"]


def test_without_a_word_nothing_goes(world):
    result = world.converge(packages=["new"], units=[])
    assert "remove is disabled" in result["msg"]
    assert installed(world) == {"old": "1.0"}


def test_nothing_else_goes_either(world):
    available = {**world.apt()["available"], "new": {"1.0": {"conflicts": ["old", "other"]}}}
    here = {"version": "1.0", "state": "installed"}
    world.apt(available=available, installed={"old": here, "other": here})
    result = world.converge(**TAKES)
    assert "for new, apt would remove other: take it away yourself" in result["msg"]
    assert installed(world) == {"old": "1.0", "other": "1.0"}


def test_a_run_that_fails_brings_it_back_as_it_was_and_running(world):
    result = world.converge(**TAKES, **SICK)
    assert result["rolled_back"], result["msg"]
    assert installed(world) == {"old": "1.0"}
    assert world.apt()["auto"] == ["old"]
    assert world.unit("old.service")["active"] == "active"


def test_removal_brings_it_back_from_what_was_fetched_before_it_went(world):
    world.converge(**TAKES)
    without_a_repository(world)
    assert world.remove(check=True)["actions"][-1] == "bring old back"
    assert world.remove()["actions"][-1] == "brought old back"
    assert installed(world) == {"old": "1.0"}
    assert world.apt()["auto"] == ["old"]


def test_removal_brings_the_newest_where_nobody_has_that_version_any_more(world):
    world.converge(**TAKES)
    without_a_repository(world)
    world.apt(archives={})
    (world.root / "archives/old_1.0_all.deb").unlink()
    world.remove()
    assert installed(world) == {"old": "2.0"}


def test_what_cannot_come_back_is_told_and_removal_goes_on_later(world):
    world.converge(**TAKES)
    available = world.apt()["available"]
    world.apt(available={"new": available["new"]}, archives={})
    (world.root / "archives/old_1.0_all.deb").unlink()
    assert "old could not be brought back" in world.remove()["msg"]
    world.apt(available=available)
    assert "failed" not in world.remove()
    assert installed(world) == {"old": "1.0"}


def test_it_stays_away_as_long_as_another_component_needs_what_took_its_place(world):
    world.converge(**TAKES)
    world.converge(name="second", **TAKES)
    world.remove()
    assert installed(world) == {"new": "1.0"}
    world.remove(name="second")
    assert installed(world) == {"old": "1.0"}


def test_a_version_of_what_may_go_is_refused(world):
    assert "write the name alone" in world.converge(packages=["new"], replaces=["old=1.0"], units=[])["msg"]
