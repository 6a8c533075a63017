"""Removal purges the packages that came with a component, unless somebody else needs them, and nothing beside them."""

import pytest
from ansible.module_utils.bongsu.component import apt, store


@pytest.fixture
def world(host):
    host.apt(
        available={
            "daemon": {"1.0": {"depends": ["lib"], "units": ["daemon.service"]}},
            "lib": {"1.0": {}},
            "tool": {"1.0": {"depends": ["lib"]}},
        }
    )
    host.set_unit(load="not-found")
    host.converge(host.file(content="a\n"), packages=["daemon"])
    return host


def installed(host):
    return sorted(host.apt()["installed"])


def test_they_go_with_all_that_came_with_them(world):
    result = world.remove()
    assert result["actions"][-2:] == ["purged daemon", "purged lib"]
    assert installed(world) == []
    assert world.unit()["load"] == "not-found"


def test_check_mode_predicts(world):
    result = world.remove(check=True)
    assert result["actions"][-1] == "purge lib, unless something else needs it"
    assert installed(world) == ["daemon", "lib"]


def test_what_systemd_notes_of_their_timers_goes_with_them(world):
    (apt.DPKG_STATUS.with_name("info")).mkdir()
    for name, timer in (("daemon", "daily"), ("lib:amd64", "hourly"), ("tool", "others")):
        listed = f"/.\n/usr/lib/systemd/system\n/usr/lib/systemd/system/{timer}.timer\n"
        apt.DPKG_STATUS.with_name("info").joinpath(f"{name}.list").write_text(listed)
        store.TIMER_STAMPS.mkdir(parents=True, exist_ok=True)
        store.TIMER_STAMPS.joinpath(f"stamp-{timer}.timer").touch()
    world.remove()
    assert [stamp.name for stamp in store.TIMER_STAMPS.iterdir()] == ["stamp-others.timer"]


def test_one_that_was_there_before_stays(host):
    host.apt(
        available={"tool": {"1.0": {}}},
        installed={"tool": {"version": "1.0", "state": "installed"}},
    )
    host.converge(packages=["tool"], units=[])
    host.remove()
    assert installed(host) == ["tool"]


def test_a_configuration_that_came_with_its_package_goes_with_it(host):
    shipped = {"1.0": {"conffiles": {str(host.config): "as packaged\n"}}}
    host.apt(available={"daemon": shipped})
    host.converge(host.file(content="ours\n"), packages=["daemon"], units=[])
    assert host.manifest()["originals"][str(host.config)]["kind"] == "absent"
    assert host.remove()["actions"] == [f"removed {host.config}", "purged daemon"]
    assert (installed(host), host.tree()) == ([], {})


def test_a_configuration_that_another_component_places_outlasts_the_package(host):
    host.apt(available={"daemon": {"1.0": {"conffiles": {str(host.config): "as packaged\n"}}}})
    host.converge(packages=["daemon"], units=[])
    host.converge(host.file(content="two\n"), name="two", units=[])
    host.remove()
    assert host.config.read_text() == "two\n"


def test_one_that_the_operator_has_built_upon_stays(world):
    now = world.apt()["installed"]
    world.apt(installed={**now, "tool": {"version": "1.0", "state": "installed"}})
    result = world.remove()
    assert result["actions"][-2:] == ["purged daemon", "kept lib, which something else needs"]
    assert installed(world) == ["lib", "tool"]


def test_one_that_another_component_wants_goes_with_that(world):
    world.converge(packages=["daemon"], name="second", units=[])
    assert "daemon" not in str(world.remove()["actions"][-1:])
    assert installed(world) == ["daemon", "lib"]
    assert world.manifest("second")["brought"] == ["daemon", "lib"]
    world.remove("second")
    assert installed(world) == []


def test_what_another_components_package_needs_goes_with_that(world):
    world.converge(packages=["tool"], name="second", units=[])
    assert world.remove()["actions"][-1] == "kept lib, which something else needs"
    assert installed(world) == ["lib", "tool"]
    world.remove("second")
    assert installed(world) == []


def test_one_that_somebody_has_purged_already_is_no_matter(world):
    world.apt(installed={})
    result = world.remove()
    assert "failed" not in result
    assert not [action for action in result["actions"] if "purge" in action or "kept" in action]


def test_one_that_is_no_longer_held_for_anybody_is_let_go(host):
    host.apt(
        available={"tool": {"1.0": {}, "2.0": {}}},
        installed={"tool": {"version": "1.0", "state": "installed"}},
    )
    host.converge(packages=["tool=1.0"], units=[])
    host.converge(packages=["tool=1.0"], name="second", units=[])
    host.remove()
    assert host.apt()["held"] == ["tool"]
    host.remove("second")
    assert (host.apt()["held"], installed(host)) == ([], ["tool"])


def test_a_purge_that_fails_is_taken_up_by_the_next_run(world):
    now = world.apt()["available"]
    world.apt(available={**now, "lib": {"1.0": {"postrm": "subprocess returned error exit status 1"}}})
    result = world.remove()
    assert "error exit status 1" in result["msg"]
    assert not world.config.exists()
    world.apt(available=now)
    assert "failed" not in world.remove()
    assert installed(world) == []
    assert not (world.root / "state").exists()
