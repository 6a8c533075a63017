"""`state: absent` gives a host back its files and units as they were before the component."""

import os

import pytest


@pytest.fixture
def full(host):
    """A host with things of its own at some of the places that the component takes."""
    etc = host.root / "etc"
    host.config.write_text("of the host\n")
    host.config.chmod(0o604)
    os.chown(host.config, 7, 8)
    (etc / "link").symlink_to("/nowhere")
    (etc / "gone.conf").write_text("of the host\n")
    (etc / "theirs").mkdir(mode=0o711)
    host.set_unit(active="active", file="disabled", invocation="i", started="Mon 2026-11-23 12:00:00.000000 UTC")
    host.wanted = (
        host.file(etc / "theirs", state="directory", mode="0755"),
        host.file(etc / "ours", state="directory"),
        host.file(etc / "ours/deep", state="directory"),
        host.file(etc / "ours/deep/file", content="ours\n"),
        host.file(content="ours\n", mode="0600", on_change="restart"),
        host.file(etc / "gone.conf", state="absent"),
        host.file(etc / "link", state="absent"),
    )
    host.before = host.tree()
    assert "failed" not in host.converge(*host.wanted)
    return host


def test_everything_is_as_before(full):
    full.forget_calls()
    result = full.remove()
    assert full.tree() == full.before
    status = full.config.stat()
    assert (status.st_uid, status.st_gid) == (7, 8)
    assert str((full.root / "etc/link").readlink()) == "/nowhere"
    assert (full.unit()["active"], full.unit()["file"]) == ("active", "disabled")
    assert full.calls() == ["disable daemon.service", "reset-failed daemon.service", "restart daemon.service"]
    assert f"replaced {full.config}" in result["actions"]
    assert f"removed {full.root}/etc/ours/deep" in result["actions"]
    assert "disabled daemon.service: was enabled" in result["actions"]


def test_a_service_that_a_timer_starts_is_stopped_after_it_and_before_its_definition_goes(host):
    units = host.root / "etc/systemd/system"
    look, timer = (host.file(units / f"look.{kind}", content="x\n", on_change="none") for kind in ("service", "timer"))
    host.set_unit("look.service")
    host.set_unit("look.timer")
    wanted = [{"name": "look.service", "state": "stopped"}, {"name": "look.timer"}]
    assert "failed" not in host.converge(host.file(units, state="directory"), look, timer, units=wanted)
    host.forget_calls()
    assert "failed" not in host.remove()
    calls = host.calls()
    order = ["stop look.timer", "stop look.service", "reset-failed look.service", "daemon-reload"]
    assert [call for call in calls if call in order] == order


def test_nothing_of_bongsu_is_left_and_the_second_removal_is_silent(full):
    full.remove()
    assert not (full.root / "state").exists()
    assert list((full.root / "textfile").iterdir()) == []
    again = full.remove()
    assert (again["changed"], again["actions"]) == (False, [])
    assert not (full.root / "state").exists()


def test_check_mode_predicts_and_touches_nothing(full):
    before, manifest = full.tree(), full.manifest()
    full.forget_calls()
    predicted = full.remove(check=True)
    assert (full.tree(), full.manifest(), full.calls()) == (before, manifest, [])
    assert predicted["changed"]
    assert full.remove()["actions"] == predicted["actions"]
    assert not full.remove(check=True)["changed"]


def test_a_later_change_does_not_become_what_was_before(full):
    files = [{**file, "content": "newer\n"} if "content" in file else file for file in full.wanted]
    full.converge(*files)
    full.config.write_text("changed by somebody\n")
    full.remove()
    assert full.tree() == full.before


def test_a_file_that_was_as_wanted_from_the_first_stays(host):
    host.config.write_text("a\n")
    host.config.chmod(0o644)
    host.converge(host.file(content="a\n"))
    assert "failed" not in host.remove()
    assert host.config.read_text() == "a\n"


def test_a_file_that_the_component_drops_is_given_back(full):
    result = full.converge(*(file for file in full.wanted if file["dest"] != str(full.config)))
    assert result["actions"] == [f"replaced {full.config}", "restarted daemon.service: its files change"]
    assert full.config.read_text() == "of the host\n"
    assert full.config.stat().st_mode & 0o777 == 0o604
    full.config.write_text("changed since\n")
    full.remove()
    assert full.config.read_text() == "changed since\n"


def test_a_directory_in_which_somebody_put_something_stays(full):
    (full.root / "etc/ours/theirs").write_text("theirs\n")
    full.remove()
    assert (full.root / "etc/ours/theirs").read_text() == "theirs\n"
    assert not (full.root / "etc/ours/deep").exists()


def test_a_directory_that_two_components_share_goes_with_the_last(host):
    shared = host.file(host.root / "etc/shared", state="directory")
    for name in ("one", "two"):
        host.converge(shared, host.file(host.root / f"etc/shared/{name}", content="x\n"), name=name, units=[])
    host.remove("one")
    assert [path.name for path in (host.root / "etc/shared").iterdir()] == ["two"]
    host.converge(shared, name="two", units=[])
    assert list((host.root / "etc/shared").iterdir()) == []
    host.converge(shared, name="three", units=[])
    host.remove("two")
    assert (host.root / "etc/shared").is_dir()
    host.remove("three")
    assert host.tree() == {}


def test_a_unit_that_the_component_defines_is_disabled_while_it_is_defined(host):
    definition = host.root / "etc/systemd/system/daemon.service"
    host.set_unit(fragment=str(definition))
    host.converge(host.file(definition, content="[Service]\n"))
    host.forget_calls()
    result = host.remove()
    assert "failed" not in result, result
    assert host.calls() == [
        *("disable daemon.service", "stop daemon.service", "reset-failed daemon.service"),
        "daemon-reload",
    ]
    assert not definition.exists()


def test_a_unit_that_was_masked_is_masked_again(host):
    host.set_unit(file="masked")
    host.converge(host.file(content="a\n"))
    assert host.unit()["active"] == "active"
    host.remove()
    assert (host.unit()["active"], host.unit()["file"]) == ("inactive", "masked")


@pytest.mark.parametrize("was", ["enabled", "disabled"])
def test_a_unit_that_the_component_masks_is_as_before(host, was):
    host.set_unit(file=was)
    host.converge(units=[{"name": "daemon.service", "masked": True}])
    assert "failed" not in host.remove()
    assert host.unit()["file"] == was


def test_a_unit_that_the_component_enabled_and_then_masked_is_disabled_again(host):
    host.converge(host.file(content="a\n"))
    host.converge(units=[{"name": "daemon.service", "masked": True}])
    host.remove()
    assert (host.unit()["active"], host.unit()["file"]) == ("inactive", "disabled")


def test_a_unit_that_the_host_does_not_have_may_be_masked_and_given_back(host):
    never = [{"name": "never.service", "masked": True}]
    host.converge(units=never)
    assert host.unit("never.service")["file"] == "masked"
    assert "failed" not in host.remove()
    assert host.unit("never.service")["file"] == "disabled"


def test_a_removal_that_fails_is_undone(full):
    before = full.tree()
    full.config.with_name("gone.conf").mkdir()
    (full.root / "etc/gone.conf/theirs").write_text("theirs\n")
    before = full.tree()
    result = full.remove()
    assert result["failed"]
    assert full.tree() == before
    assert (full.unit()["active"], full.unit()["file"]) == ("active", "enabled")
