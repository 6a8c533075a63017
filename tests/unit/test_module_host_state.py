"""The real module on a state directory of its own: what it answers, when it writes a record, and when it will not."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu import login
from ansible.module_utils.bongsu.component import lease
from ansible.module_utils.bongsu.component.store import Store
from module_runner import run_module

HOST = "s1"


class Managed:
    """A host with one component of one file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.config = root / "daemon.conf"
        self.key = root / "host.key"
        self.config.write_text("one\n")
        self.config.chmod(0o644)
        self.key.write_text("secret\n")
        self.place("own", self.config)
        self.record = self.state / "fingerprint.json"

    def place(self, name: str, path: Path) -> None:
        manifest = {
            "format": 1,
            "component": name,
            "packages": [],
            "files": [
                {
                    "dest": str(path),
                    "state": "file",
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "owner": path.owner(),
                    "group": path.group(),
                    "mode": "0644",
                    "on_change": "none",
                    "units": [],
                }
            ],
            "units": [],
        }
        target = self.state / "components" / f"{name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(manifest))

    def call(self, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        return run_module("host_state", {"state_directory": str(self.state), **arguments}, check=check)

    def look(self) -> dict[str, Any]:
        state: dict[str, Any] = self.call()["state"]
        return state

    def seal(self, *, check: bool = False, **changes: Any) -> list[str]:
        own = self.look()["components"]
        record = {"format": 1, "host": HOST, "sections": {"code": "a"}, "components": {HOST: own, "m1": {"x": "y"}}}
        given: dict[str, Any] = {"record": record, "files": [str(self.key)], **changes}
        told: list[str] = self.call(check=check, **given)["not_recorded"]
        return told


@pytest.fixture
def managed(tmp_path: Path) -> Managed:
    return Managed(tmp_path)


def test_a_host_tells_how_it_is_and_changes_nothing(managed: Managed):
    before = sorted(managed.root.rglob("*"))
    result = managed.call()
    assert result["changed"] is False
    state = result["state"]
    release = next(line for line in Path("/etc/os-release").read_text().splitlines() if line.startswith("VERSION_ID="))
    assert (state["record"], state["came_from"]) == ({}, login.came_from())
    assert release in (f'VERSION_ID="{state["release"]}"', f"VERSION_ID={state['release']}")
    assert list(state["components"]) == ["own"]
    assert (state["drift"], state["unfinished"], state["changed_files"], state["expired"]) == ({}, [], [], False)
    assert sorted(managed.root.rglob("*")) == before


def test_a_bare_host_has_nothing_to_tell(tmp_path: Path):
    state = run_module("host_state", {"state_directory": str(tmp_path / "nothing")})["state"]
    assert (state["record"], state["components"], state["drift"], state["trouble"]) == ({}, {}, {}, "")
    assert not (tmp_path / "nothing").exists()


def test_a_record_is_written_for_root_alone_and_read_again(managed: Managed):
    assert managed.seal(until=time.time() + 60) == []
    assert managed.record.stat().st_mode & 0o777 == 0o600
    state = managed.look()
    assert state["record"]["host"] == HOST
    assert state["record"]["components"] == {HOST: state["components"], "m1": {"x": "y"}}
    assert (state["changed_files"], state["expired"]) == ([], False)
    assert state["record"]["identity"] == state["identity"]


def test_check_mode_writes_nothing(managed: Managed):
    assert managed.seal(check=True) == ["this is check mode"]
    assert not managed.record.exists()


def test_drift_is_told_by_component(managed: Managed):
    managed.config.write_text("two\n")
    state = managed.look()
    assert state["components"] == {}
    assert state["drift"] == {"own": f"{managed.config} content"}


@pytest.mark.parametrize("change", ["content", "mode", "missing", "replaced by a link"])
def test_a_file_that_no_component_holds_is_watched(managed: Managed, change: str):
    assert managed.seal() == []
    if change == "mode":
        managed.key.chmod(0o604)
    else:
        managed.key.unlink()
        if change == "content":
            managed.key.write_text("another\n")
        elif change == "replaced by a link":
            managed.key.symlink_to(managed.config)
    assert managed.look()["changed_files"] == [str(managed.key)]


def test_time_runs_out(managed: Managed):
    assert managed.seal(until=time.time() - 1) == []
    assert managed.look()["expired"] is True


def test_a_journal_is_told(managed: Managed):
    (managed.state / "journal" / "own").mkdir(parents=True)
    assert managed.look()["unfinished"] == ["own"]


def test_a_host_that_has_drifted_since_gets_no_record_and_loses_the_earlier_one(managed: Managed):
    assert managed.seal() == []
    components = {HOST: managed.look()["components"]}
    managed.config.write_text("two\n")
    record = {"format": 1, "host": HOST, "sections": {}, "components": components}
    assert managed.call(record=record)["not_recorded"] == [f"own has drifted: {managed.config} content"]
    assert not managed.record.exists()


def test_nor_does_one_that_is_not_as_the_record_would_say(managed: Managed):
    record = {"format": 1, "host": HOST, "sections": {}, "components": {HOST: {"own": "another digest", "gone": None}}}
    assert managed.call(record=record)["not_recorded"] == ["own is not as it was converged"]


def test_nor_does_one_that_lacks_a_file_to_be_watched(managed: Managed):
    managed.key.unlink()
    assert managed.seal() == [f"{managed.key} is not there"]


def test_the_toolkit_that_came_along_is_watched_with_the_rest(managed: Managed):
    tool = managed.root / "tool"
    tool.write_text("x")
    managed.place("bongsu", tool)
    own = {"own": managed.look()["components"]["own"]}
    record = {"format": 1, "host": HOST, "sections": {}, "components": {HOST: own}}
    assert managed.call(record=record)["not_recorded"] == []
    assert set(managed.look()["record"]["components"][HOST]) == {"own", "bongsu"}


@pytest.mark.parametrize("text", ["no json", "[]", '{"format": 1}', '{"format": 1, "host": 3}'])
def test_a_record_that_is_none_is_trouble_and_no_failure(managed: Managed, text: str):
    managed.record.write_text(text)
    state = managed.look()
    assert state["record"] == {}
    assert "fingerprint.json" in state["trouble"]
    assert list(state["components"]) == ["own"]
    assert managed.seal() == []
    assert managed.look()["trouble"] == ""


def test_a_manifest_that_is_none_is_drift(managed: Managed):
    (managed.state / "components" / "own.json").write_text("no json")
    assert "not JSON" in managed.look()["drift"]["own"]


def test_the_runs_own_lease_is_given_back_and_anothers_is_not(managed: Managed):
    file = managed.state / "lease.json"
    lease.take(Store(str(managed.state)), {"id": "mine", "controller": "me"})
    managed.call(release="another")
    assert file.exists()
    managed.call(release="mine", check=True)
    assert file.exists()
    assert managed.call(release="mine")["not_recorded"] == ["there is nothing to record"]
    assert not file.exists()


def test_bad_arguments_are_told(managed: Managed):
    result = managed.call(record="no mapping", until="soon")
    assert result["failed"]
    assert "until" in result["msg"] or "record" in result["msg"]


@pytest.mark.parametrize("changed", [None, "release", "nodename", "machine", "os-release"])
def test_its_release_its_kernel_and_its_name_are_part_of_the_answer(
    managed: Managed, monkeypatch: pytest.MonkeyPatch, changed: str | None
):
    before = managed.look()["identity"]
    now = {name: getattr(os.uname(), name) for name in ("sysname", "release", "machine", "nodename")}
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(**{**now, **({changed: "other"} if changed else {})}))
    if changed == "os-release":
        monkeypatch.setattr(engine, "OS_RELEASE", managed.config)
    assert (managed.look()["identity"] == before) is (changed is None)
