"""A component that lives on gives back what it no longer names: directories, units, and files that it had away."""

import json

import pytest
from test_removal import full  # noqa: F401  # the same host, with things of its own


def without(host, *names):
    return [file for file in host.wanted if file["dest"] not in {str(host.root / "etc" / name) for name in names}]


def drop(host, *names, **values):
    result = host.converge(*without(host, *names), **values)
    assert "failed" not in result, result
    assert not host.converge(*without(host, *names), **values)["changed"]
    return result


def originals(host, name="daemon"):
    return set(host.manifest(name)["originals"])


# Directories


def test_a_directory_that_bongsu_made_goes_with_what_it_held(full):  # noqa: F811
    result = drop(full, "ours", "ours/deep", "ours/deep/file")
    assert result["actions"] == [
        f"removed {full.root}/etc/ours/deep/file",
        f"removed {full.root}/etc/ours/deep",
        f"removed {full.root}/etc/ours",
        "reloaded daemon.service: its files change",
    ]
    assert not (full.root / "etc/ours").exists()


def test_no_unit_is_asked_to_read_a_directory_that_goes(host):
    host.converge(host.file(content="a\n"), host.file(host.root / "etc/ours", state="directory"))
    host.forget_calls()
    assert host.converge(host.file(content="a\n"))["actions"] == [f"removed {host.root}/etc/ours"]
    assert host.calls() == []


def test_a_directory_that_was_there_gets_its_mode_back(full):  # noqa: F811
    result = drop(full, "theirs")
    assert result["actions"] == [f"adjusted {full.root}/etc/theirs"]
    assert (full.root / "etc/theirs").stat().st_mode & 0o777 == 0o711


def test_a_directory_with_something_of_somebody_in_it_stays(full):  # noqa: F811
    (full.root / "etc/ours/theirs").write_text("theirs\n")
    drop(full, "ours", "ours/deep", "ours/deep/file")
    assert [path.name for path in (full.root / "etc/ours").iterdir()] == ["theirs"]


def test_a_directory_that_is_only_no_longer_listed_goes_with_the_last_file_in_it(full):  # noqa: F811
    result = drop(full, "ours", "ours/deep")
    assert result["actions"] == ["recorded the manifest"]
    assert full.manifest()["parents"] == [f"{full.root}/etc/ours", f"{full.root}/etc/ours/deep"]
    drop(full, "ours", "ours/deep", "ours/deep/file")
    assert not (full.root / "etc/ours").exists()
    assert full.manifest()["parents"] == []


def test_a_directory_that_is_no_longer_listed_goes_with_the_component(full):  # noqa: F811
    drop(full, "ours", "ours/deep")
    full.remove()
    assert full.tree() == full.before


@pytest.mark.parametrize("mode", ["0755", "0750"])
def test_a_directory_that_another_component_lists_stays_and_goes_with_that_one(host, mode):
    shared = host.root / "etc/shared"
    host.converge(host.file(shared, state="directory"), name="one", units=[])
    host.converge(host.file(shared, state="directory", mode=mode), name="two", units=[])
    result = host.converge(name="one", units=[])
    assert result["actions"] == ["recorded the manifest"]
    assert shared.is_dir()
    assert (originals(host, "one"), originals(host, "two")) == (set(), {str(shared)})
    host.converge(name="two", units=[])
    assert not shared.exists()


def test_a_directory_that_was_there_keeps_the_mode_that_another_component_wants(host):
    shared = host.root / "etc/shared"
    shared.mkdir(mode=0o711)
    for name in ("one", "two"):
        host.converge(host.file(shared, state="directory"), name=name, units=[])
    host.remove("one")
    assert shared.stat().st_mode & 0o777 == 0o755
    host.remove("two")
    assert shared.stat().st_mode & 0o777 == 0o711


def test_a_file_that_moves_from_one_component_to_another_stays_and_is_given_back_by_that_one(host):
    host.config.write_text("of the host\n")
    before = host.tree()
    host.converge(host.file(content="one\n"), name="one", units=[])
    host.converge(host.file(content="two\n"), name="two", units=[])
    host.converge(name="one", units=[])
    assert host.config.read_text() == "two\n"
    host.remove("one")
    host.remove("two")
    assert host.tree() == before


# What was to be absent


def test_a_file_that_was_to_be_absent_comes_back(full):  # noqa: F811
    result = drop(full, "gone.conf", "link")
    assert result["actions"] == [
        f"created {full.root}/etc/link",
        f"created {full.root}/etc/gone.conf",
        "reloaded daemon.service: its files change",
    ]
    assert (full.root / "etc/gone.conf").read_text() == "of the host\n"
    assert str((full.root / "etc/link").readlink()) == "/nowhere"


def test_what_somebody_puts_where_nothing_was_taken_away_is_left_alone(host):
    """What came with a package and was taken away is no file of before."""
    host.apt(available={"daemon": {"1.0": {"conffiles": {str(host.config): "as packaged\n"}}}})
    assert host.converge(host.file(state="absent"), packages=["daemon"], units=[])["changed"]
    assert originals(host) == {str(host.config)}
    host.config.write_text("theirs\n")
    assert host.converge(packages=["daemon"], units=[])["actions"] == ["recorded the manifest"]
    assert host.config.read_text() == "theirs\n"


# Units


@pytest.mark.parametrize(
    ("was", "active", "verbs"),
    [
        ("disabled", "inactive", ["stop", "disable"]),
        ("enabled", "inactive", ["stop"]),
        ("disabled", "active", ["disable"]),
        ("masked", "inactive", ["stop", "mask"]),
    ],
)
def test_a_unit_is_as_before(host, was, active, verbs):
    host.set_unit(file=was, active=active, invocation="i", started="Mon 2026-11-23 12:00:00.000000 UTC")
    host.converge()
    assert (host.unit()["active"], host.unit()["file"]) == ("active", "enabled")
    host.forget_calls()
    assert "failed" not in host.converge(units=[])
    assert (host.unit()["active"], host.unit()["file"]) == (active, was)
    assert sorted(call.split()[0] for call in host.calls()) == sorted(verbs)
    assert not host.converge(units=[])["changed"]
    assert host.manifest()["unit_originals"] == {}


def test_a_unit_that_the_component_masked_is_as_before(host):
    host.set_unit(file="enabled", active="active", invocation="i", started="Mon 2026-11-23 12:00:00.000000 UTC")
    host.converge(units=[{"name": "daemon.service", "masked": True}])
    host.converge(units=[])
    assert (host.unit()["active"], host.unit()["file"]) == ("active", "enabled")


def test_a_unit_goes_before_the_file_that_defines_it(host):
    definition = host.root / "etc/systemd/system/daemon.service"
    host.set_unit(fragment=str(definition))
    host.converge(host.file(definition, content="[Service]\n"))
    host.forget_calls()
    result = host.converge(units=[])
    assert "failed" not in result, result
    assert host.calls() == [
        *("disable daemon.service", "stop daemon.service", "reset-failed daemon.service"),
        "daemon-reload",
    ]
    assert not definition.exists()


def test_a_unit_that_ran_before_reads_its_files_as_they_were(full):  # noqa: F811
    full.forget_calls()
    full.converge(*without(full, "daemon.conf"), units=[])
    assert full.calls() == ["disable daemon.service", "reset-failed daemon.service", "restart daemon.service"]
    assert (full.unit()["active"], full.unit()["file"]) == ("active", "disabled")


def test_a_unit_that_another_component_lists_goes_with_that_one(host):
    host.converge(name="one")
    host.converge(name="two")
    host.forget_calls()
    assert host.converge(name="one", units=[])["actions"] == ["recorded the manifest"]
    assert host.calls() == []
    host.remove("two")
    assert (host.unit()["active"], host.unit()["file"]) == ("inactive", "disabled")


@pytest.mark.parametrize("leave", ["drop", "remove"])
def test_systemd_remembers_nothing_of_a_timer_that_came(host, leave):
    host.set_unit("theirs.timer")
    for name in ("ours", "theirs"):
        (host.root / f"timers/stamp-{name}.timer").touch()
    definition = host.root / "etc/systemd/system/ours.timer"
    host.set_unit("ours.timer", fragment=str(definition))
    timers = [{"name": "ours.timer"}, {"name": "theirs.timer"}]
    assert "failed" not in host.converge(host.file(definition, content="[Timer]\n"), units=timers)
    assert "failed" not in (host.remove() if leave == "remove" else host.converge(units=[]))
    assert [path.name for path in (host.root / "timers").iterdir()] == ["stamp-theirs.timer"]


# All of it


def test_check_mode_predicts_and_touches_nothing(full):  # noqa: F811
    before, manifest = full.tree(), full.manifest()
    full.forget_calls()
    predicted = full.converge(units=[], check=True)
    assert (full.tree(), full.manifest(), full.calls()) == (before, manifest, [])
    assert full.converge(units=[])["actions"] == predicted["actions"]
    assert full.tree() == full.before


def test_a_run_that_fails_gives_everything_up_again(full):  # noqa: F811
    before, manifest = full.tree(), full.manifest()
    result = full.converge(units=[], validate=[["false"]])
    assert result["rolled_back"], result
    assert (full.tree(), full.manifest()) == (before, manifest)
    assert (full.unit()["active"], full.unit()["file"]) == ("active", "enabled")


def test_a_change_that_waits_to_be_confirmed_hands_on_when_it_is(host):
    shared = host.file(host.root / "etc/shared", state="directory")
    for name in ("one", "two"):
        host.converge(shared, name=name, units=[])
    result = host.converge(host.file(content="a\n"), name="one", units=[], confirm_within=60)
    assert originals(host, "two") == set()
    host.converge(host.file(content="a\n"), name="one", units=[], confirm=result["confirm"]["token"])
    assert originals(host, "two") == {shared["dest"]}


def test_parents_that_are_no_list_are_refused(host):
    host.converge(units=[])
    path = host.root / "state/components/daemon.json"
    path.write_text(json.dumps(host.manifest() | {"parents": "/etc"}))
    assert "parents is not a list of directories" in host.converge(units=[])["msg"]
