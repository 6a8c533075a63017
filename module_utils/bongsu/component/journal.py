"""The journal: what a run is about to change and how it was before, on disk before anything is touched."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import host
from .manifest import to_bytes
from .plan import Change, Plan
from .units import Step, UnitState


class Journal:
    """One component's journal below ``/var/lib/bongsu/journal``; it exists only while a run is under way."""

    def __init__(self, state_directory: str, component: str) -> None:
        """Name the place; nothing is written yet."""
        self.directory = Path(state_directory) / "journal" / component
        self._entry = self.directory / "journal.json"
        self._acting = self.directory / "acting"
        self._manifest = Path(state_directory) / "components" / f"{component}.json"

    def exists(self) -> bool:
        """Tell whether a run was interrupted here."""
        return self._entry.exists()

    def write(self, plan: Plan, units: dict[str, UnitState]) -> None:
        """Record the old contents, the paths and units about to change, and flush them to the disk."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True, mode=0o700)
        paths = [self._keep(number, change) for number, change in enumerate(plan.changes)]
        host.sync([str(self.directory / kept["backup"]) for kept in paths if kept["backup"]])
        touched = [_before(units[name], plan.steps) for name in sorted({step.unit for step in plan.steps})]
        entry = {"format": 1, "paths": paths, "units": touched, "daemon_reload": plan.daemon_reload}
        host.replace(str(self._entry), json.dumps(entry, indent=1).encode(), mode=0o600)
        host.sync([str(self.directory.parent)])

    def _keep(self, number: int, change: Change) -> dict[str, Any]:
        found = change.found
        kept: dict[str, Any] = {
            "dest": change.file.dest,
            "kind": found.kind,
            "owner": found.owner,
            "group": found.group,
            "mode": found.mode,
            "changed_at": found.changed_at,
            "backup": None,
            "target": None,
        }
        if found.kind == "link":
            kept["target"] = os.readlink(change.file.dest)
        if found.content is not None:
            kept["backup"] = f"{number}.old"
            host.write_new(str(self.directory / kept["backup"]), found.content, mode=0o600)
        return kept

    def mark_acting(self) -> None:
        """Record that from now on units are touched, so that undoing must touch them again."""
        host.replace(str(self._acting), b"", mode=0o600)

    def remove(self) -> None:
        """Forget the journal: the run is committed, or undone."""
        self._entry.unlink(missing_ok=True)
        host.sync([str(self.directory)])
        shutil.rmtree(self.directory)

    def roll_back(self) -> list[str]:
        """Put every path and touched unit back as before; list what could not be put back, empty when all was.

        The journal stays while a path could not be put back: its old content must not be lost.
        """
        entry = json.loads(self._entry.read_text())
        paths = [trouble for kept in reversed(entry["paths"]) for trouble in self._restore(kept)]
        units = _systemctl("daemon-reload") if entry["daemon_reload"] else []
        if self._acting.exists():
            units += [trouble for unit in entry["units"] for trouble in _restore_unit(unit)]
        if units:
            self._distrust(entry)
        if not paths:
            self.remove()
        return paths + units

    def _distrust(self, entry: dict[str, Any]) -> None:
        """Make the next run act on the units: nobody knows any more what the running ones have read."""
        if self._manifest.exists():
            manifest = json.loads(self._manifest.read_text()) | {"running": {}}
            host.replace(str(self._manifest), to_bytes(manifest), mode=0o644)
        for kept in entry["paths"]:
            with suppress(OSError):
                os.utime(kept["dest"])

    def _restore(self, kept: dict[str, Any]) -> list[str]:
        dest = kept["dest"]
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(host.staged_path(dest))
            if kept["kind"] == "absent":
                _vanish(dest)
            elif kept["kind"] == "link":
                _vanish(dest)
                os.symlink(kept["target"], dest)
            elif kept["kind"] == "directory":
                os.chown(dest, *host.owner_ids(kept["owner"], kept["group"]))
                os.chmod(dest, kept["mode"])
            else:
                self._restore_file(kept)
        except OSError as error:
            return [f"{dest}: {error.strerror}"]
        return []

    def _restore_file(self, kept: dict[str, Any]) -> None:
        content = (self.directory / kept["backup"]).read_bytes()
        host.replace(kept["dest"], content, mode=kept["mode"], owner=kept["owner"], group=kept["group"])
        os.utime(kept["dest"], (kept["changed_at"], kept["changed_at"]))


def _vanish(dest: str) -> None:
    if os.path.isdir(dest) and not os.path.islink(dest):
        with suppress(OSError):  # something else put a file in it meanwhile: that file is not ours to delete
            os.rmdir(dest)
    else:
        Path(dest).unlink(missing_ok=True)


def _before(state: UnitState, steps: tuple[Step, ...]) -> dict[str, Any]:
    verbs = [step.verb for step in steps if step.unit == state.name]
    return {
        "name": state.name,
        "active": state.active,
        "enabled": state.enabled,
        "masked": state.masked,
        "verbs": verbs,
    }


def _restore_unit(unit: dict[str, Any]) -> list[str]:
    name, verbs = unit["name"], unit["verbs"]
    troubles: list[str] = []
    if "mask" in verbs:
        troubles += _systemctl("unmask", name)
    if "enable" in verbs:
        troubles += _systemctl("disable", name)
    if "disable" in verbs:
        troubles += _systemctl("enable", name)
    if not unit["active"]:
        troubles += _systemctl("stop", name)
    else:
        _systemctl("reset-failed", name)
        troubles += _systemctl("reload-or-restart" if "reload-or-restart" in verbs else "restart", name)
    if "unmask" in verbs:
        troubles += _systemctl("mask", name)
    return troubles


def _systemctl(*arguments: str) -> list[str]:
    output = host.run(["systemctl", *arguments])
    return [] if output.status == 0 else [f"systemctl {' '.join(arguments)}: {output.text}"]
