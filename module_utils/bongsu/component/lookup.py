"""Look at the host: everything that planning a component needs to know of it."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import host
from . import apt, overrides, packages
from . import manifest as manifests
from .changes import Found
from .originals import dropped
from .plan import Observed
from .spec import Component
from .store import CONTROLS, Store
from .units import UnitState


@dataclass(frozen=True)
class Known:
    """What has just been asked for many components together: their units, and what dpkg has."""

    units: Mapping[str, UnitState]
    status: packages.Status


def look(
    component: Component,
    manifest: dict[str, Any] | None,
    store: Store,
    *,
    fetch: bool = False,
    upgraded: bool = False,
    known: Known | None = None,
) -> Observed:
    """Observe a component's paths, units and packages; ``fetch`` allows apt to fetch its lists, if an upgrade asks."""
    files, gone = dropped(component, manifest, store)
    units = [unit.name for unit in component.units]
    names = [*units, *(unit.name for unit in gone)]
    own = [unit.name for unit in component.units if not unit.as_found]  # what overrides another's is its own business
    overriding = foreign(overrides.find(own), component, store)
    return Observed(
        found={file.dest: host.observe(file.dest) for file in (*component.files, *files)},
        dropped=files,
        dropped_units=gone,
        units={name: known.units[name] for name in names} if known else host.unit_states(names),
        packages=_packages(component, manifest, known.status if known else None, fetch=fetch, upgraded=upgraded),
        overrides=overrides.digests(overriding),
        strange=_strange(overriding, manifest),
        upgraded=upgraded,
        ineffective=ineffective(component),
    )


def ineffective(component: Component) -> dict[str, str]:
    """Tell what is wrong with each security control of this component that is not in effect on the host.

    The document that the component is to place counts: the one on the disk may be older, or spoiled.
    """
    documents = {
        file.dest: file.content.decode()
        for file in component.files
        if file.content is not None and os.path.dirname(file.dest) == CONTROLS
    }
    if not documents:
        return {}
    from .. import controls_host  # most components have none, and need not load this

    return controls_host.ineffective(controls_host.judge(documents, told=False))


def foreign(overriding: dict[str, dict[str, Found]], component: Component, store: Store) -> dict[str, dict[str, Found]]:
    """Leave out of the overrides of its units what this or another component places: that is judged as a file."""
    own = {file.dest for file in component.files}
    if any(paths.keys() - own for paths in overriding.values()):
        own = own.union(*map(manifests.placed, store.manifests().values()))
    return {
        unit: {path: found for path, found in paths.items() if path not in own} for unit, paths in overriding.items()
    }


def _packages(
    component: Component,
    manifest: dict[str, Any] | None,
    status: packages.Status | None,
    *,
    fetch: bool,
    upgraded: bool,
) -> packages.PackagePlan:
    held_before = manifests.held(manifest)
    if not component.packages and not held_before:
        return packages.PackagePlan()
    status = status or apt.read_status()
    newer: list[str] = []
    if component.upgrade and not upgraded:
        if fetch:
            apt.refresh_lists()
        free = [package.name for package in component.packages if package.version is None]
        newer = apt.newer_versions([name for name in free if name in status.versions])
    last = {} if upgraded else (manifest or {}).get("versions", {})  # what was just installed is the best there is
    return packages.plan(
        component.packages, status, last, held_before, newer, component.replaces, is_older=apt.is_older
    )


def _strange(overriding: dict[str, dict[str, Found]], manifest: dict[str, Any] | None) -> dict[str, Found]:
    """Find the overrides that came after the last converge."""
    known = (manifest or {}).get("unit_files", {})
    return {
        path: found
        for unit, paths in overriding.items()
        if unit in known  # before the first converge, whatever is there belongs to the host
        for path, found in paths.items()
        if path not in known[unit]["dropins"]
    }
