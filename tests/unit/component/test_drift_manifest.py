"""A manifest that cannot be worked with is a finding that says why; the rest of the host is checked all the same."""

import json

import pytest
from ansible.module_utils.bongsu.component import shape
from ansible.module_utils.bongsu.component.drift_host import verified
from ansible.module_utils.bongsu.errors import BongsuError
from drift_world import entry, manifest


def with_entry(key, number, **values):
    changed = json.loads(json.dumps(manifest()))
    changed[key][number].update(values)
    return changed


BROKEN = {
    "format": (manifest(format=2), "is of format 2, made by a newer bongsu"),
    "no list": (manifest(files={}), "is no manifest of bongsu's"),
    "no mapping": (manifest(units=["web.service"]), "units[0] is not a mapping"),
    "package": (with_entry("packages", 1, version=3), "packages[1] is without a proper 'version'"),
    "relative": (with_entry("files", 0, dest="etc/x"), "files[0] is without a proper 'dest'"),
    "mode": (with_entry("files", 0, mode="rw"), "files[0] is without a proper 'mode'"),
    "an option for a unit": (
        with_entry("units", 0, name="--state=failed.service"),
        "units[0] is without a proper 'name'",
    ),
    "a word for a flag": (with_entry("units", 0, masked="no"), "units[0] is without a proper 'masked'"),
    "versions": (manifest(versions={"nginx": 1}), "versions is not a mapping"),
    "doubt": (manifest(doubtful=["it"]), "doubtful is not a text"),
    "unit files": (manifest(unit_files={"web.service": {}}), "unit_files.web.service is without a proper 'dropins'"),
    "running": (manifest(running=[]), "running is not a mapping"),
    "a list in running": (manifest(running={"web.service": []}), "running.web.service is not a mapping"),
}


@pytest.mark.parametrize(("value", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_named_with_its_place_and_the_cure(value, words):
    with pytest.raises(BongsuError) as told:
        shape.read(json.dumps(value), "/var/lib/bongsu/components/web.json")
    assert "/var/lib/bongsu/components/web.json" in str(told.value)
    assert words in str(told.value)


def test_a_whole_manifest_is_read():
    assert shape.read(json.dumps(manifest()), "here") == manifest()


@pytest.fixture
def components(tmp_path):
    directory = tmp_path / "components"
    directory.mkdir()
    whole = {"format": 1, "component": "whole", "packages": [], "units": []}
    files = [entry(str(tmp_path / "gone"), "file", b"x")]
    (directory / "whole.json").write_text(json.dumps({**whole, "files": files}))
    return directory


def spoil(path):
    path.write_bytes(b"\xff\xfe")


def cut_off(path):
    path.write_text('{"format": 1, "component": "web"')


def link_to_nothing(path):
    path.symlink_to("/nowhere/at/all")


def another(path):
    path.write_text(json.dumps({"format": 1, "component": "other", "packages": [], "files": [], "units": []}))


@pytest.mark.parametrize("damage", [spoil, cut_off, link_to_nothing, another])
def test_the_rest_is_checked_all_the_same(components, damage, monkeypatch):
    monkeypatch.setattr("ansible.module_utils.bongsu.component.apt.DPKG_STATUS", components / "whole.json")
    damage(components / "web.json")
    digests, findings = verified(str(components.parent))
    assert [(one.component, one.what) for one in findings] == [("web", "manifest"), ("whole", "missing")]
    assert str(components / "web.json") in findings[0].detail or damage is spoil
    assert digests["web"] == ""
    assert len(digests["whole"]) == 64
