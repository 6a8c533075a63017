"""What a run's tasks did for a host, told to the end of the run: tasks work in processes of their own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FILE = "bongsu-notes.jsonl"


@dataclass
class Notes:
    """What one host's run left: its components by the host that they are on, and what else its state hangs on."""

    components: dict[str, dict[str, str | None]] = field(default_factory=dict)  # digest; None where it is absent
    files: set[str] = field(default_factory=set)  # paths on the host itself that no component holds
    until: float | None = None  # seconds since the epoch: from then on, something will be to do
    unfit: list[str] = field(default_factory=list)  # why the next run must look at everything


def converged(host: str, on: str, component: str, digest: str | None, *, changed: bool = False) -> None:
    """Note that a task of `host` has converged a component on the host `on`; no digest means that it took it away."""
    _write({"host": host, "on": on, "component": component, "digest": digest, "changed": changed})


def depends(host: str, *, files: tuple[str, ...] = (), until: float | None = None) -> None:
    """Note that a host stays as it is only with these files of its as they are, and only until a moment (epoch)."""
    _write({"host": host, "files": list(files), "until": until})


def unfit(host: str, why: str) -> None:
    """Note that the next run must look at everything on a host again."""
    _write({"host": host, "unfit": why})


def wants(on: str, arguments: dict[str, Any], digest: str | None) -> None:
    """Note a component, in its module's arguments with its ``owner``, that is to be placed on the host ``on``."""
    _write({"host": None, "wants_on": on, "arguments": arguments, "digest": digest})


def placed(on: str, names: list[str]) -> None:
    """Note that components which waited for the host ``on`` do so no longer."""
    _write({"host": None, "placed_on": on, "names": names})


def waiting(on: str) -> list[dict[str, Any]]:
    """Gather what is wanted on a host and not placed yet: ``arguments`` and ``digest``, the last of each name."""
    found: dict[str, dict[str, Any]] = {}
    for entry in _entries():
        if entry.get("wants_on") == on:
            found[entry["arguments"]["name"]] = entry
        elif entry.get("placed_on") == on:
            found = {name: one for name, one in found.items() if name not in entry["names"]}
    return list(found.values())


def read(host: str) -> Notes:
    """Gather what this run has noted of a host."""
    notes = Notes()
    for entry in _entries():
        if entry["host"] == host:
            _add(notes, entry)
    return notes


def changed_hosts() -> set[str]:
    """Name the hosts on which this run has changed a component, whosever: they have its lease."""
    return {entry["on"] for entry in _entries() if entry.get("changed")}


def _entries() -> Iterator[dict[str, Any]]:
    with suppress(FileNotFoundError):
        yield from map(json.loads, _path().read_text(encoding="utf-8").splitlines())


def _add(notes: Notes, entry: dict[str, Any]) -> None:
    if "component" in entry:
        notes.components.setdefault(entry["on"], {})[entry["component"]] = entry["digest"]
    if "unfit" in entry:
        notes.unfit.append(entry["unfit"])
    notes.files |= set(entry.get("files", ()))
    until = entry.get("until")
    if until is not None:
        notes.until = until if notes.until is None else min(until, notes.until)


def _write(entry: dict[str, Any]) -> None:
    # One short write at the end of a file is whole on every local file system, whoever else writes.
    descriptor = os.open(_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, (json.dumps(entry) + "\n").encode())
    finally:
        os.close(descriptor)


def _path() -> Path:
    """Return the file of this run: Ansible makes a directory for each run, and takes it away at its end."""
    from ansible import constants

    return Path(constants.DEFAULT_LOCAL_TMP, _FILE)
