"""Kill a module at its k-th side effect on the host, and look at what it left behind."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_apt
from ansible.module_utils.bongsu import host as engine

_EFFECTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chown", "os.chmod", "os.symlink", "os.utime"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_INSIDE = ("running", "converged_at")  # of a manifest: they tell of one process, and of one moment


def killer(nth: int, root: Path) -> Callable[[], None]:
    """Return what a module's process calls first, to be killed just before its nth side effect (counted from 1)."""
    left = nth
    within_a_fake = False
    note = _note(root)

    def effect(what: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            note.write_text(what)
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and (isinstance(args[0], int) or not args[2] & _WRITING):
            return
        if within_a_fake or event not in _EFFECTS:
            return
        # a number is an open file's; a name alone is below a directory that is being removed
        if isinstance(args[0], int) or "/" not in str(args[0]) or str(args[0]).startswith(str(root)):
            effect(f"{event} {args[0]}")

    def run_counted(argv: list[str], *rest: Any, **more: Any) -> engine.Output:
        nonlocal within_a_fake
        if argv[1] in ("show", "--compare-versions"):
            return run(argv, *rest, **more)
        effect(" ".join(argv))
        within_a_fake = True
        output = run(argv, *rest, **more)
        within_a_fake = False
        return output

    run = engine.run

    def begin() -> None:
        engine.run = run_counted
        fake_apt.midway = effect
        sys.addaudithook(heard)

    return begin


def killed_at(root: Path) -> str:
    return _note(root).read_text()


def _note(root: Path) -> Path:
    return root.with_name(f"{root.name}-killed-at")


def snapshot(root: Path) -> dict[str, Any]:
    """Everything that a host is, but for what tells of one process or moment."""
    found = {}
    for top in ("etc", "run", "usr"):
        for path in sorted((root / top).rglob("*")):
            seen = engine.observe(str(path))
            # a directory's time tells of what else was in it, a link has none that is kept
            found[str(path)] = seen if seen.kind == "file" else replace(seen, changed_at=0.0)
    units = json.loads((root / "systemd.json").read_text())
    apt = json.loads((root / "apt.json").read_text())
    metrics = root / "textfile/bongsu_units.prom"
    manifests = {path.name: json.loads(path.read_text()) for path in (root / "state/components").glob("*.json")}
    return {
        "files": found,
        "units": {
            name: {key: unit[key] for key in ("active", "file")} | {"unmasked": unit.get("unmasked")}
            for name, unit in units.items()
            if unit["active"] != "inactive" or unit["file"] != "disabled"
        },
        "metrics": {"units": metrics.read_text() if metrics.exists() else None},
        "packages": {key: apt[key] for key in ("installed", "held")},
        "manifests": {n: {k: v for k, v in m.items() if k not in _INSIDE} for n, m in manifests.items()},
    }


def timeless(taken: dict[str, Any]) -> dict[str, Any]:
    """Take a snapshot without the times of files: what a run writes is as old as that run."""
    return {**taken, "files": {path: replace(seen, changed_at=0.0) for path, seen in taken["files"].items()}}


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Name what differs between two snapshots."""
    return [
        f"{group} {name}: {found[group].get(name)} instead of {expected[group].get(name)}"
        for group in expected
        for name in sorted({*found[group], *expected[group]})
        if found[group].get(name) != expected[group].get(name)
    ]


def in_a_fork(function: Callable[[], Any], env: dict[str, str]) -> int:
    """Call a function in a process of its own; return its exit status."""
    child = os.fork()
    if child == 0:
        os.environ.update(env)
        os._exit(int(function() or 0))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def leftovers(root: Path) -> list[str]:
    """List what a run that has ended must not leave behind."""
    return [
        *(str(path) for path in root.rglob("*.bongsu-new")),
        *(str(path) for path in (root / "state/journal").glob("*")),
    ]
