"""Compare a component with what is on the host. Pure: values in, a plan out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import BongsuError
from . import manifest as manifests
from .spec import Component, FileSpec
from .units import Step, UnitState, outdated_files, plan_unit


@dataclass(frozen=True)
class Found:
    """A path as found: ``kind`` is absent, file, directory, link or other; ``changed_at`` seconds since the epoch."""

    kind: str
    content: bytes | None = None
    owner: str = ""
    group: str = ""
    mode: int = 0
    changed_at: float = 0.0


@dataclass(frozen=True)
class Change:
    """One path to change; ``verb`` is create, replace, adjust (owner, group, mode only) or remove."""

    verb: str
    file: FileSpec
    found: Found


@dataclass(frozen=True)
class Plan:
    """What would be done. ``manifest`` is the description to record; empty steps and changes mean converged."""

    missing_packages: tuple[str, ...]
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    daemon_reload: bool
    manifest: dict[str, Any]
    record: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether the host is already as wanted."""
        return not (self.missing_packages or self.changes or self.steps or self.daemon_reload or self.record)

    def actions(self) -> list[str]:
        """Name every action in the order it is done."""
        return [
            *(f"installed {name}" for name in self.missing_packages),
            *(f"{_PAST[change.verb]} {change.file.dest}" for change in self.changes),
            *(["reloaded systemd's units"] if self.daemon_reload else []),
            *(f"{_PAST[step.verb]} {step.unit}: {step.reason}" for step in self.steps),
            *(["recorded the manifest"] if self.record and not (self.changes or self.steps) else []),
        ]

    def diff(self) -> list[dict[str, str]]:
        """Show each changed path before and after, in Ansible's form; secret content is never shown."""
        return [entry for change in self.changes for entry in _diff(change)]


_PAST = {
    "create": "created",
    "replace": "replaced",
    "adjust": "adjusted",
    "remove": "removed",
    "restart": "restarted",
    "reload-or-restart": "reloaded",
    "stop": "stopped",
    "enable": "enabled",
    "disable": "disabled",
    "mask": "masked",
    "unmask": "unmasked",
}
_UNIT_DIRECTORIES = ("/etc/systemd/system/", "/lib/systemd/system/", "/usr/lib/systemd/system/")


def dropped_files(component: Component, manifest: dict[str, Any] | None) -> tuple[FileSpec, ...]:
    """List the files that an earlier run placed and this component no longer names, as absent."""
    named = {file.dest for file in component.files}
    unit_names = {unit.name for unit in component.units}
    return tuple(
        FileSpec(
            dest=entry["dest"],
            state="absent",
            content=None,
            owner="root",
            group="root",
            mode=0,
            validate=(),
            on_change=entry["on_change"],
            units=tuple(unit for unit in entry["units"] if unit in unit_names),
            secret=True,
        )
        for entry in (manifest or {}).get("files", [])
        if entry["state"] == "file" and entry["dest"] not in named
    )


def make_plan(
    component: Component,
    found: dict[str, Found],
    units: dict[str, UnitState],
    missing_packages: list[str],
    manifest: dict[str, Any] | None,
) -> Plan:
    """Decide everything that must be done for ``component``.

    ``found`` has every path of the component and of dropped_files().
    """
    changes = [change for file in component.files if (change := _change(file, found))]
    changes += [change for file in dropped_files(component, manifest) if (change := _removal(file, found))]
    steps: list[Step] = []
    for wanted in component.units:
        state = units[wanted.name]
        causes = [change.file for change in changes if wanted.name in change.file.units]
        reason = "its files change"
        if not causes and state.active:
            causes = _unread(component, wanted.name, state, found, manifest)
            reason = f"it has not read {', '.join(file.dest for file in causes)}"
        steps += plan_unit(wanted, state, causes, reason)
    description = manifests.describe(component, manifests.brought(manifest))
    reload_units = any(change.file.dest.startswith(_UNIT_DIRECTORIES) for change in changes)
    return Plan(
        missing_packages=tuple(missing_packages),
        changes=tuple(changes),
        steps=tuple(steps),
        daemon_reload=reload_units or any(state.needs_daemon_reload for state in units.values()),
        manifest=description,
        record=not manifests.says(manifest, description),
    )


def _unread(
    component: Component,
    unit: str,
    state: UnitState,
    found: dict[str, Found],
    manifest: dict[str, Any] | None,
) -> list[FileSpec]:
    files = {file.dest: file for file in component.files if _acts(file, unit)}
    on_disk = {
        dest: (manifests.digest(content), found[dest].changed_at)
        for dest in files
        if (content := found[dest].content) is not None
    }
    return [files[dest] for dest in outdated_files(state, manifests.unit_record(manifest, unit), on_disk)]


def _acts(file: FileSpec, unit: str) -> bool:
    return file.state == "file" and file.on_change != "none" and unit in file.units


def _change(file: FileSpec, found: dict[str, Found]) -> Change | None:
    now = found[file.dest]
    if file.state == "absent":
        return _removal(file, found)
    if now.kind not in ("absent", file.state):
        raise BongsuError(
            f"{file.dest} is a {now.kind}, and the component wants a {file.state} there; "
            f"look at it with 'ls -ld {file.dest}' and move it away"
        )
    if now.kind == "absent":
        return Change("create", file, now)
    if now.content != file.content:
        return Change("replace", file, now)
    if (now.owner, now.group, now.mode) != (file.owner, file.group, file.mode):
        return Change("adjust", file, now)
    return None


def _removal(file: FileSpec, found: dict[str, Found]) -> Change | None:
    now = found[file.dest]
    if now.kind == "absent":
        return None
    if now.kind == "directory":
        raise BongsuError(f"{file.dest} is a directory; bongsu removes only files: empty it and remove it by hand")
    return Change("remove", file, now)


def _diff(change: Change) -> list[dict[str, str]]:
    file, now = change.file, change.found
    entries = []
    if change.verb in ("create", "replace", "remove") and file.state != "directory":
        before, after = _text(now.content), _text(file.content)
        if file.secret:
            before, after = before and "(secret)\n", after and "(another secret)\n"
        entries.append({"before_header": file.dest, "after_header": file.dest, "before": before, "after": after})
    if file.state != "absent" and (now.kind != "absent" or file.state == "directory"):
        was = "" if now.kind == "absent" else f"{now.owner}:{now.group} {now.mode:04o}\n"
        wanted = f"{file.owner}:{file.group} {file.mode:04o}\n"
        if was != wanted:
            header = f"{file.dest} (owner:group mode)"
            entries.append({"before_header": header, "after_header": header, "before": was, "after": wanted})
    return entries


def _text(content: bytes | None) -> str:
    return "" if content is None else content.decode(errors="replace")
