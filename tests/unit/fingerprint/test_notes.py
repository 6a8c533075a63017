"""Tasks run in processes of their own; what they note is there at the end of the run, whole and by host."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible import constants

from bongsu.fingerprint import notes


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def test_nothing_noted_is_nothing_known():
    assert notes.read("s1") == notes.Notes()


def test_notes_are_gathered_by_host():
    notes.converged("s1", "s1", "own", "a")
    notes.converged("s1", "m1", "target.s1", "b")
    notes.converged("s2", "m1", "target.s2", "c")
    notes.converged("s1", "s1", "old", None)
    notes.depends("s1", files=("/key",), until=20.0)
    notes.depends("s1", files=("/other",))
    notes.depends("s1", until=10.0)
    notes.unfit("s2", "something moves")
    assert notes.read("s1") == notes.Notes(
        {"s1": {"own": "a", "old": None}, "m1": {"target.s1": "b"}}, {"/key", "/other"}, 10.0, []
    )
    assert notes.read("s2") == notes.Notes({"m1": {"target.s2": "c"}}, set(), None, ["something moves"])


def test_where_something_was_changed_is_known_of_the_whole_run():
    notes.converged("s1", "s1", "own", "a")
    assert notes.changed_hosts() == set()
    notes.converged("s1", "m1", "target.s1", "b", changed=True)
    notes.converged("s2", "m2", "target.s2", "c", changed=True)
    notes.depends("s1", files=("/key",))
    assert notes.changed_hosts() == {"m1", "m2"}


def test_what_was_noted_last_of_a_component_counts():
    notes.converged("s1", "s1", "own", "a")
    notes.converged("s1", "s1", "own", "b")
    assert notes.read("s1").components == {"s1": {"own": "b"}}


def test_what_hosts_want_elsewhere_waits_until_it_is_placed():
    notes.wants("m1", {"name": "target.s1", "owner": "s1", "files": [1]}, "a")
    notes.wants("m2", {"name": "target.s1", "owner": "s1"}, "a")
    notes.wants("m1", {"name": "target.s2", "owner": "s2"}, "b")
    notes.wants("m1", {"name": "target.s1", "owner": "s1", "files": [2]}, "c")
    assert [(entry["arguments"].get("files"), entry["digest"]) for entry in notes.waiting("m1")] == [
        ([2], "c"),
        (None, "b"),
    ]
    notes.placed("m1", ["target.s1", "target.s2"])
    assert notes.waiting("m1") == []
    assert len(notes.waiting("m2")) == 1
    notes.wants("m1", {"name": "target.s2", "owner": "s2"}, "d")
    assert [entry["digest"] for entry in notes.waiting("m1")] == ["d"]
    assert notes.read("s1") == notes.Notes()


def test_many_processes_write_at_once():
    children = []
    for worker in range(20):
        child = os.fork()
        if child == 0:
            for number in range(50):
                notes.converged("s1", f"m{worker}", f"component-{number}", "d" * 64)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    found = notes.read("s1").components
    assert len(found) == 20
    assert all(len(components) == 50 for components in found.values())
