"""What bongsu keeps on a host, once spoilt, is told with its place and the cure before anything is touched."""

import json

import pytest
from managed_host import IN_PROCESS

SPOILT = {
    "not JSON": ("{", "is not JSON"),
    "not text": (b"\xff\xfe", "is not text"),
    "a list": ("[]", "is no manifest of bongsu's"),
    "without files": ('{"format": 1, "component": "daemon"}', "is no manifest of bongsu's"),
    "of tomorrow": ({"format": 2}, "is of format 2, made by a newer bongsu; use that one"),
    "a file without a path": ({"files": [{"state": "file"}]}, "files[0] is without a proper 'dest'"),
    "a unit that is an option": (
        {"units": [{"name": "--force", "enabled": True, "started": True, "masked": False}]},
        "units[0] is without a proper 'name'",
    ),
    "packages that are names": ({"packages": ["nginx"]}, "packages[0] is not a mapping"),
    "an original from elsewhere": (
        {"originals": {"/x": {"kind": "file", "owner": "a", "group": "a", "mode": "0644", "backup": "../../passwd"}}},
        "originals./x is without a proper 'backup'",
    ),
    "brought nothing": ({"brought": "nginx"}, "brought is not a list of packages"),
}


def spoil(host, content, name="daemon"):
    path = host.root / f"state/components/{name}.json"
    if isinstance(content, dict):
        content = json.dumps({**host.manifest(name), **content})
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("content", "message"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_manifest(host, content, message):
    host.converge(host.file(content="a\n"))
    path = spoil(host, content)
    host.forget_calls()
    for result in (host.converge(host.file(content="b\n")), host.remove(), host.remove(check=True)):
        assert result["msg"].startswith(f"{path} ")
        assert message in result["msg"]
        assert "newer bongsu" in message or "move it away and run again" in result["msg"]
    assert host.config.read_text() == "a\n"
    assert host.calls() == []


def test_without_it_the_component_is_placed_anew(host):
    host.converge(host.file(content="a\n"))
    spoil(host, "{").unlink()
    assert host.converge(host.file(content="a\n"))["actions"] == ["recorded the manifest"]
    assert not host.converge(host.file(content="a\n"))["changed"]


def test_an_original_that_is_gone_stops_the_removal(host):
    host.config.write_text("of the host\n")
    host.converge(host.file(content="a\n"))
    for kept in (host.root / "state/originals/daemon").iterdir():
        kept.unlink()
    result = host.remove()
    assert "originals/daemon" in result["msg"]
    assert host.config.read_text() == "a\n"


def test_a_place_that_cannot_be_written_is_named(host):
    (host.root / "state").write_text("not a directory\n")
    result = host.converge(host.file(content="a\n"))
    assert f"File exists: '{host.root}/state'" in result["msg"]
    assert "look at the disk, and whether this runs as root" in result["msg"]


def test_a_host_that_cannot_prepare_a_way_back_is_not_touched(host):
    refused = (1, "Failed to start transient timer unit: no bus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(IN_PROCESS, "systemd-run", lambda _: refused)
        result = host.converge(host.file(content="a\n"))
    assert "no way back could be prepared, so nothing was begun" in result["msg"]
    assert "no bus" in result["msg"]
    assert host.tree() == {}
    assert "actions" not in result
    assert host.converge(host.file(content="a\n"))["actions"][0] == f"created {host.config}"
