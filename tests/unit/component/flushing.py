"""What a power cut would lose: side effects that were not yet flushed to the disk, at the moments that matter."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.bongsu import host as engine

_CREATING = os.O_CREAT | os.O_TRUNC


def recorder(notes: Path) -> Callable[[], None]:
    """Return what a module's process calls first, to have its effects and its flushes noted.

    Times of change are left out: they tell what a process has read, and a power cut ends every process.
    """

    def note(*words: str) -> None:
        os.write(descriptor, (json.dumps(words) + "\n").encode())

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str) and args[2] & _CREATING:
            note("write", args[0])
        elif event in ("os.rename", "os.symlink"):
            note(event, str(args[0]), str(args[1]))
        elif event in ("os.remove", "os.rmdir", "os.mkdir"):
            name, at = str(args[0]), args[-1]  # a name alone is below the directory that the number stands for
            path = name if at == -1 else f"{Path(f'/proc/self/fd/{at}').readlink()}/{name}"
            if event == "os.mkdir" or os.path.lexists(path):  # what is not there is not removed
                note(event, path)
        elif event in ("os.chmod", "os.chown") and not isinstance(args[0], int):
            note(event, str(args[0]))

    def begin() -> None:
        engine.sync = lambda paths: [note("sync", str(path)) for path in paths]
        sys.addaudithook(heard)

    descriptor = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.set_inheritable(descriptor, True)
    return begin


def exposed(notes: Path, state: Path, places: list[Path]) -> list[str]:
    """List what a power cut could lose that must not be lost.

    Before anything in ``places`` is touched, the journal must be on the disk. Before a journal goes, so must everything
    in ``places`` and the manifests. At the end, its going must be.
    """
    journals, lasting = state / "journal", [*places, state / "components"]
    pending: dict[str, str] = {}
    found = []
    for kind, *paths in map(json.loads, notes.read_text().splitlines()):
        if kind == "sync":
            pending.pop(paths[0], None)
            continue
        target = paths[-1]
        if _below(target, places):
            found += [f"{kind} {target} before the flush of {late}" for late in pending if _below(late, [journals])]
        if target.endswith("/journal.json") and kind == "os.remove":
            found += [
                f"{target} goes before the flush of {late} ({why})"
                for late, why in pending.items()
                if _below(late, lasting)
            ]
        if kind == "os.rmdir":
            pending.pop(target, None)
        pending |= dict.fromkeys(_unflushed(kind, paths), f"{kind} {target}")
    found += [
        f"at the end without the flush of {late} ({why})"
        for late, why in pending.items()
        if why.endswith("journal.json")
    ]
    return found


def _unflushed(kind: str, paths: list[str]) -> list[str]:
    """Name what must be flushed for an effect to last: a file for its content, a directory for its entries."""
    parents = [str(Path(path).parent) for path in paths]
    if kind == "write":
        return [paths[0], parents[0]]
    if kind == "os.symlink":
        return [parents[1]]
    return paths if kind in ("os.chmod", "os.chown") else parents


def _below(path: str, places: list[Path]) -> bool:
    return any(path == str(place) or path.startswith(f"{place}/") for place in places)
