"""Files that override a unit: those that were there before stay, those that came since are moved away and kept."""

import pytest


@pytest.fixture
def units(host):
    host.units = host.root / "etc/systemd/system"
    return host


def override(directory, name, text="[Service]\nExecStart=\n"):
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def kept(host):
    return [path.read_text() for path in (host.root / "state/displaced").rglob("*.*") if path.is_file()]


PLACES = ("daemon.service.d/zz.conf", "service.d/zz.conf", "daemon.service")


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("top", ["etc", "run", "usr/local/lib"])
def test_one_that_came_later_is_moved_away_and_kept(units, name, top):
    units.converge(units.file(content="a\n"))
    strange = override(units.root / top / "systemd/system", name)
    units.forget_calls()
    result = units.converge(units.file(content="a\n"))
    assert result["actions"] == [
        f"moved away (a copy is kept in /var/lib/bongsu/displaced) {strange}",
        "reloaded systemd's units",
        "restarted daemon.service: its files change",
    ]
    assert not strange.exists()
    assert kept(units) == ["[Service]\nExecStart=\n"]
    assert units.calls() == ["daemon-reload", "reset-failed daemon.service", "restart daemon.service"]
    assert not units.converge(units.file(content="a\n"))["changed"]


@pytest.mark.parametrize("name", ["my-.service.d/zz.conf", "my-own@.service.d/zz.conf", "my-own@1.service.d/zz.conf"])
def test_dashed_and_template_drop_ins_are_seen(units, name):
    unit = "my-own@1.service"
    units.set_unit(unit)
    units.converge(units=[{"name": unit}])
    strange = override(units.units, name)
    assert str(strange) in str(units.converge(units=[{"name": unit}])["actions"])
    assert not strange.exists()


def test_one_that_was_there_before_stays(units):
    theirs = override(units.units, "daemon.service.d/theirs.conf")
    units.converge(units.file(content="a\n"))
    assert not units.converge(units.file(content="a\n"))["changed"]
    units.converge(units.file(content="b\n"))
    assert theirs.exists()
    units.remove()
    assert theirs.exists()


def test_one_of_ours_is_ours_whichever_component_placed_it(units):
    directory = units.file(units.units / "daemon.service.d", state="directory")
    own = units.file(units.units / "daemon.service.d/own.conf", content="[Service]\n", on_change="restart")
    units.converge(units.file(content="a\n"))
    assert "failed" not in units.converge(directory, own, name="second", units=[])
    assert not units.converge(units.file(content="a\n"))["changed"]
    units.remove("second")
    assert not units.converge(units.file(content="a\n"))["changed"]
    assert units.converge(units.file(content="a\n"), directory, own)["changed"]
    assert not units.converge(units.file(content="a\n"), directory, own)["changed"]


def test_a_run_that_fails_puts_it_back(units):
    units.converge(units.file(content="a\n"))
    strange = override(units.units, "daemon.service.d/zz.conf")
    assert units.converge(units.file(content="a\n"), validate=[["false"]])["rolled_back"]
    assert strange.read_text() == "[Service]\nExecStart=\n"
    assert kept(units) == []


def test_one_that_is_a_link_is_moved_away_as_a_link(units):
    units.converge(units.file(content="a\n"))
    real = units.root / "real.conf"
    real.write_text("[Service]\n")
    strange = override(units.units, "daemon.service.d/zz.conf")
    strange.unlink()
    strange.symlink_to(real)
    units.converge(units.file(content="a\n"))
    assert not strange.is_symlink()
    assert real.exists()


@pytest.mark.parametrize("mask", ["masked", "masked-runtime"])
def test_a_mask_of_either_kind_is_lifted(units, mask):
    units.converge(units.file(content="a\n"))
    units.set_unit(active="inactive", file=mask, unmasked="enabled")
    assert "unmasked daemon.service: was masked" in units.converge(units.file(content="a\n"))["actions"]
    assert (units.unit()["active"], units.unit()["file"]) == ("active", "enabled")


@pytest.mark.parametrize("mask", ["masked", "masked-runtime"])
def test_a_run_that_fails_masks_again_in_the_same_way(units, mask):
    units.set_unit(file=mask)
    assert units.converge(units.file(content="broken\n"))["rolled_back"]
    assert (units.unit()["active"], units.unit()["file"]) == ("inactive", mask)


def test_whether_a_masked_unit_was_enabled_is_not_guessed(units):
    units.set_unit(file="masked", unmasked="disabled")
    off = [{"name": "daemon.service", "enabled": False, "state": "stopped"}]
    assert units.converge(units=off, health=[{"tcp": {"port": 1}}], deadline=0.01)["rolled_back"]
    assert (units.unit()["file"], units.unit()["unmasked"]) == ("masked", "disabled")
    units.set_unit(file="masked", unmasked="enabled")
    assert units.converge(units=off)["changed"]
    assert units.unit()["file"] == "disabled"
    assert not units.converge(units=off)["changed"]
