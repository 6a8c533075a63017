"""What a host says of its other components is what asking for each would say, whatever was done to the host."""

import json

import pytest
from ansible.module_utils.bongsu import controls_host
from ansible.module_utils.bongsu.component import drift, spec
from ansible.module_utils.bongsu.component import manifest as manifests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

CONTROLS = {"role": "daemon", "controls": [{"id": "daemon.limit", "state": "applied", "live": {"Limit": "4"}}]}


@pytest.fixture
def world(host, monkeypatch):
    """A host with one component of every kind of thing, and another one that asks."""
    host.live = host.root / "live"
    host.live.write_text("4")
    monkeypatch.setitem(controls_host.LOOK, "live", lambda names: {"limit": [host.live.read_text()]})
    host.apt(available={"daemon": {"1.0": {}, "2.0": {}}, "pinned": {"1.0": {}, "2.0": {}}})
    host.set_unit("other.timer", load="loaded", active="inactive", file="disabled", config="")
    host.set_unit("never.service", load="loaded", active="inactive", file="disabled", config="")
    host.set_unit("theirs.service", load="loaded", active="inactive", file="disabled", config="")
    (host.root / "etc/edited.conf").write_text("theirs 1\n")
    edit = {"edit": {"settings": {"values": {"ours": "2"}}}, "on_change": "none"}
    host.wanted = {
        "packages": ["daemon", "pinned=1.0"],
        "files": [
            host.file(host.root / "etc/made", state="directory", on_change="none"),
            host.file(content="limit 4\n", on_change="restart", units=["daemon.service"]),
            host.file(host.root / "etc/controls", state="directory", on_change="none"),
            host.file(host.root / "etc/controls/daemon.json", content=json.dumps(CONTROLS), on_change="none"),
            host.file(host.root / "etc/gone.conf", state="absent"),
            {"dest": str(host.root / "etc/edited.conf"), **edit, "mode": "0600"},
            {"dest": str(host.root / "etc/also.conf"), **edit},
        ],
        "units": [
            {"name": "daemon.service"},
            {"name": "other.timer"},
            {"name": "never.service", "masked": True},
            {"name": "theirs.service", "state": "as_found"},
        ],
    }
    assert not host.converge(**host.wanted).get("failed")
    assert not host.converge(**host.wanted)["changed"]
    host.converge(name="asker", units=[])
    return host


def digest(world, **values):
    """What the controller takes for the component's digest."""
    arguments = {"name": "daemon", **world.wanted, **values}
    checked = ArgumentSpecValidator(spec.ARGUMENT_SPEC).validate(arguments)
    assert not checked.error_messages
    return drift.description_digest(manifests.describe(spec.parse(checked.validated_parameters)))


def settled(world, **values):
    return world.converge(name="asker", units=[], tell_others=True, **values)["settled"]


def bring(world, package, version):
    apt = world.apt()
    apt["installed"][package]["version"] = version
    world.apt(**apt)


def held(world, *names):
    world.apt(held=list(names))


def override(world):
    directory = world.root / "run/systemd/system/daemon.service.d"
    directory.mkdir(parents=True)
    (directory / "zz.conf").write_text("[Service]\nNice=1\n")


def in_the_way(path):
    path.unlink()
    path.symlink_to("/dev/null")


def add_to(path, text):
    path.write_text(text + path.read_text())


def edit_manifest(world, **values):
    (world.root / "state/components/daemon.json").write_text(json.dumps({**world.manifest(), **values}))


SPOILED = {
    "a file's content": lambda world: world.config.write_text("limit 5\n"),
    "a file's mode": lambda world: world.config.chmod(0o666),
    "a file is gone": lambda world: world.config.unlink(),
    "a link in its place": lambda world: in_the_way(world.config),
    "a directory's mode": lambda world: (world.root / "etc/made").chmod(0o700),
    "a directory is gone": lambda world: (world.root / "etc/made").rmdir(),
    "what should be absent": lambda world: (world.root / "etc/gone.conf").write_text(""),
    "an edit is gone": lambda world: (world.root / "etc/edited.conf").write_text("theirs 1\n"),
    "an edited file is gone": lambda world: (world.root / "etc/also.conf").unlink(),
    "an edited file's mode": lambda world: (world.root / "etc/edited.conf").chmod(0o644),
    "an edited file that is no text": lambda world: (world.root / "etc/edited.conf").write_bytes(b"\xff\n"),
    "a setting that is not in effect": lambda world: world.live.write_text("99"),
    "a document of controls": lambda world: (world.root / "etc/controls/daemon.json").write_text("{}"),
    "a package is gone": lambda world: world.apt(installed={}),
    "a package is older": lambda world: bring(world, "daemon", "1.0"),
    "a pinned package is newer": lambda world: bring(world, "pinned", "2.0"),
    "a pinned package is not held": held,
    "dpkg was cut off": lambda world: bring_state(world, "daemon", "unpacked"),
    "a unit is stopped": lambda world: world.set_unit(active="inactive"),
    "a unit has failed": lambda world: world.set_unit(active="failed"),
    "a unit is disabled": lambda world: world.set_unit(file="disabled"),
    "a unit is masked": lambda world: world.set_unit(load="masked", file="masked"),
    "a masked unit is not": lambda world: world.set_unit("never.service", load="loaded", file="disabled"),
    "a timer is stopped": lambda world: world.set_unit("other.timer", active="inactive"),
    "a unit has read something else": lambda world: restarted_meanwhile(world),
    "systemd has not read a unit": lambda world: world.set_unit(stale="yes"),
    "a drop-in that nobody accepted": override,
    "an upgrade that was not taken back": lambda world: edit_manifest(world, doubtful="it went wrong"),
    "a drop-in that was accepted is gone": lambda world: edit_manifest(
        world, unit_files={**world.manifest()["unit_files"], "daemon.service": {"fragment": "", "dropins": {"/x": "y"}}}
    ),
    "units that were never looked at": lambda world: edit_manifest(world, unit_files={}),
    "a manifest of another component": lambda world: edit_manifest(world, component="else"),
    "a manifest that is none": lambda world: (world.root / "state/components/daemon.json").write_text("{"),
    "no manifest": lambda world: (world.root / "state/components/daemon.json").unlink(),
    "an interrupted run": lambda world: (world.root / "state/journal/daemon").mkdir(parents=True),
}
UNPREDICTED = {"an interrupted run"}  # check mode leaves a journal to the run that it stands for


def bring_state(world, package, state):
    apt = world.apt()
    apt["installed"][package]["state"] = state
    world.apt(**apt)


def restarted_meanwhile(world):
    world.config.write_text("limit 5\n")
    world.set_unit(invocation="another", started="Mon 2001-01-01 12:00:00.000000 UTC")
    world.config.write_text("limit 4\n")


def test_all_that_is_as_it_should_be_is_told_with_the_digest_that_the_controller_has(world):
    assert settled(world) == {"daemon": digest(world)}
    assert settled(world, check=True) == {"daemon": digest(world)}
    assert "settled" not in world.converge(name="asker", units=[])


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_whatever_a_converge_would_change_is_not_told(world, spoil, request):
    spoil(world)
    predicted = world.converge(**world.wanted, check=True)
    if request.node.callspec.id not in UNPREDICTED:
        assert predicted.get("changed") or predicted.get("failed")
    assert "daemon" not in settled(world)


HARMLESS = {
    "other content of an edited file": lambda world: add_to(world.root / "etc/edited.conf", "theirs 9\n"),
    "a package of theirs": lambda world: bring(world, "daemon", "3.0"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_a_converge_would_leave_alone_is_told(world, change):
    change(world)
    assert not world.converge(**world.wanted, check=True)["changed"]
    assert settled(world) == {"daemon": digest(world)}


def test_another_wish_has_another_digest(world):
    first = digest(world)
    others = [
        {"packages": ["daemon"]},
        {"units": world.wanted["units"][:2]},
        {"files": world.wanted["files"][:6]},
        {"files": [*world.wanted["files"][:6], {**world.wanted["files"][6], "mode": "0644"}]},
    ]
    assert first not in [digest(world, **values) for values in others]


def test_who_asks_and_is_changed_tells_nothing_and_in_check_mode_tells_all_the_same(world):
    file = world.file(world.root / "etc/new", content="")
    assert world.converge(file, name="asker", units=[], tell_others=True, check=True)["settled"]
    assert "settled" not in world.converge(file, name="asker", units=[], tell_others=True)
