"""Compare a component with what is on the host. Pure: values in, a plan out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import manifest as manifests
from .changes import Change, Found, change_for, diff_of
from .overrides import DIRECTORIES
from .packages import PackagePlan
from .spec import Component, FileSpec, UnitSpec
from .units import Step, UnitState, outdated_files, plan_unit


@dataclass(frozen=True)
class Observed:
    """What was found on the host: every path and unit of the component and of those ``dropped``, and packages.

    ``dropped`` and ``dropped_units`` have what the last converge knew and the component no longer names, as it is to be
    now.
    ``overrides`` gives, for each unit, the files that override its definition and their digests; ``strange`` names
    those of them that nobody has accepted. ``upgraded`` says that packages have just been replaced under the units.
    ``ineffective`` tells what is wrong with each security control of the component that is not in effect.
    """

    found: dict[str, Found]
    units: dict[str, UnitState]
    dropped: tuple[FileSpec, ...] = ()
    dropped_units: tuple[UnitSpec, ...] = ()
    packages: PackagePlan = field(default_factory=PackagePlan)
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)
    strange: dict[str, Found] = field(default_factory=dict)
    upgraded: bool = False
    ineffective: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What would be done. ``manifest`` is the description to record; empty steps and changes mean converged.

    ``leaving`` names the units that go before their files: those that the component no longer names. ``ineffective``
    is as observed: the files may be right, and what they are for not so all the same.
    """

    packages: PackagePlan
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    daemon_reload: bool
    manifest: dict[str, Any]
    record: bool
    leaving: frozenset[str] = frozenset()
    ineffective: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether the host is already as wanted."""
        return self.packages.is_empty and not self.touches_host and not self.record

    @property
    def touches_host(self) -> bool:
        """Tell whether a path or a unit changes, or something must come into effect for which none has to."""
        return bool(self.changes or self.steps or self.daemon_reload or self.ineffective)

    def actions(self) -> list[str]:
        """Name every action in the order it is done."""
        return [
            *self.packages.actions(),
            *(f"{_PAST[change.verb]} {change.file.dest}" for change in self.changes),
            *(["reloaded systemd's units"] if self.daemon_reload else []),
            *(f"{_PAST[step.verb]} {step.unit}: {step.reason}" for step in self.steps),
            *([f"asked whether it came into effect: {', '.join(self.ineffective)}"] if self._only_asks else []),
            *(["recorded the manifest"] if self.record and not (self.changes or self.steps) else []),
        ]

    @property
    def _only_asks(self) -> bool:
        return bool(self.ineffective and not (self.changes or self.steps or self.daemon_reload))

    def diff(self) -> list[dict[str, str]]:
        """Show each changed path before and after, in Ansible's form; secret content is never shown."""
        return [entry for change in self.changes for entry in diff_of(change)]


_PAST = {
    "create": "created",
    "replace": "replaced",
    "adjust": "adjusted",
    "remove": "removed",
    "displace": "moved away (a copy is kept in /var/lib/bongsu/displaced)",
    "unmake": "removed",
    "restart": "restarted",
    "reload-or-restart": "reloaded",
    "stop": "stopped",
    "enable": "enabled",
    "disable": "disabled",
    "mask": "masked",
    "unmask": "unmasked",
}
_UNIT_DIRECTORIES = (*DIRECTORIES, "/lib/systemd/system", "/usr/lib/systemd/system")


def make_plan(component: Component, seen: Observed, manifest: dict[str, Any] | None, *, leaving: bool = False) -> Plan:
    """Decide everything that must be done for ``component``; it is ``leaving`` when it says how the host was before."""
    ours = manifests.placed(manifest)
    files = (*component.files, *seen.dropped)
    changes = [change for file in files if (change := change_for(file, seen.found[file.dest], ours))]
    changes += [_displacement(path, found, seen.overrides) for path, found in sorted(seen.strange.items())]
    steps: list[Step] = []
    for wanted in (*component.units, *seen.dropped_units):
        state = seen.units[wanted.name]
        # No unit reads a directory's owner or mode, and one that died of the reload would keep it from being mended.
        causes = [
            change.file
            for change in changes
            if wanted.name in change.file.units
            and change.file.state not in ("directory", "unmade")
            and change.file.on_change != "none"
        ]
        reason = "its files change"
        if not causes and state.active:
            causes = _unread(component, wanted.name, state, seen.found, manifest)
            reason = f"it has not read {', '.join(file.dest for file in causes)}"
        if not causes and state.active and (defeated := _concerning(wanted.name, component, seen.ineffective)):
            # Nobody knows which unit would put it right, but one that reads nothing of this component cannot.
            causes = [file for file in component.files if _acts(file, wanted.name)]
            # What defines a unit has not changed, and systemd has read it: a daemon's own files say how it is acted on.
            causes = [file for file in causes if not file.dest.startswith(_UNIT_DIRECTORIES)] or causes
            reason = f"not in effect: {', '.join(defeated)}"
        steps += plan_unit(wanted, state, causes, reason, upgraded=seen.upgraded)
    description = manifests.describe(component)
    reload_units = any(change.file.dest.startswith(_UNIT_DIRECTORIES) for change in changes)
    accepted = manifests.accepted_overrides(seen.overrides, seen.strange)
    return Plan(
        packages=seen.packages,
        changes=tuple(changes),
        steps=tuple(steps),
        daemon_reload=reload_units or any(state.needs_daemon_reload for state in seen.units.values()),
        manifest=description,
        record=not manifests.says(manifest, description, accepted),
        ineffective=seen.ineffective,
        leaving=frozenset(unit.name for unit in (component.units if leaving else seen.dropped_units)),
    )


def _displacement(path: str, found: Found, overrides: dict[str, dict[str, str]]) -> Change:
    units = tuple(sorted(unit for unit, paths in overrides.items() if path in paths))
    return Change("displace", FileSpec(dest=path, state="absent", on_change="restart", units=units, secret=True), found)


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


def _concerning(unit: str, component: Component, ineffective: dict[str, str]) -> list[str]:
    """Name the controls that a unit may bring into effect: one whose words name other units is not among them."""
    names = [one.name for one in component.units]
    return [
        control for control, words in ineffective.items() if unit in words or not any(name in words for name in names)
    ]


def _acts(file: FileSpec, unit: str) -> bool:
    return file.state == "file" and file.on_change != "none" and unit in file.units
