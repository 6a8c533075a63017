"""How things were before bongsu first touched them, and how they are given back."""

from __future__ import annotations

from typing import Any

from .changes import Found
from .plan import Plan
from .spec import Component, FileSpec, UnitSpec
from .store import Store
from .units import UnitState


def dropped_files(component: Component, manifest: dict[str, Any] | None, store: Store) -> tuple[FileSpec, ...]:
    """List the files that the manifest has and the component no longer names, as they were before bongsu.

    Directories stay: something else may lie in them.
    """
    named = {file.dest for file in component.files}
    unit_names = {unit.name for unit in component.units}
    entries = [
        entry for entry in (manifest or {}).get("files", []) if entry["state"] == "file" and entry["dest"] not in named
    ]
    return tuple(file for entry in entries if (file := _before(entry, manifest or {}, store, unit_names)))


def before(manifest: dict[str, Any], store: Store) -> Component:
    """Give the component that makes a host as it was before the one in ``manifest``, but for its packages."""
    units = [_unit_before(unit["name"], manifest) for unit in manifest["units"]]
    names = {unit.name for unit in units}
    files = [file for entry in reversed(manifest["files"]) if (file := _before(entry, manifest, store, names))]
    others = [other for name, other in store.manifests().items() if name != manifest["component"]]
    needed = {file["dest"] for other in others for file in other["files"] if file["state"] == "directory"}
    return Component(
        name=manifest["component"],
        packages=(),
        files=tuple(file for file in files if file.state != "unmade" or file.dest not in needed),
        validate=(),
        units=tuple(units),
    )


def keep(
    component: Component, plan: Plan, manifest: dict[str, Any] | None, store: Store, found: dict[str, Found]
) -> dict[str, Any]:
    """Keep how each path was that is touched for the first time; return the originals of all the component's paths.

    ``found`` is how they were when this run began: what its packages brought goes with them.
    """
    kept: dict[str, Any] = dict((manifest or {}).get("originals", {}))
    for change in plan.changes:
        if change.verb != "displace" and change.file.dest not in kept:
            kept[change.file.dest] = store.keep_original(component.name, found[change.file.dest])
    named = {file.dest for file in component.files}
    return {dest: original for dest, original in kept.items() if dest in named}


def keep_units(states: dict[str, UnitState], manifest: dict[str, Any] | None) -> dict[str, Any]:
    """Return how each unit was before bongsu; ``states`` is how they were when this run began."""
    known = (manifest or {}).get("unit_originals", {})
    return {
        name: known.get(name)
        or {"enabled": state.enabled, "active": state.active, "masked": state.masked, "found": state.found}
        for name, state in states.items()
    }


def _before(entry: dict[str, Any], manifest: dict[str, Any], store: Store, unit_names: set[str]) -> FileSpec | None:
    """Turn an entry of a manifest into what stood at its path before; None where bongsu never changed it.

    Content may be a secret: it is never shown.
    """
    original = manifest.get("originals", {}).get(entry["dest"])
    units = tuple(unit for unit in entry["units"] if unit in unit_names)
    if original is None or original["kind"] == "other":
        return None
    absent = "unmade" if entry["state"] == "directory" else "absent"
    return FileSpec(
        entry["dest"],
        state=absent if original["kind"] == "absent" else original["kind"],
        content=store.original_content(manifest["component"], original),
        owner=original["owner"],
        group=original["group"],
        mode=int(original["mode"], 8),
        on_change=entry["on_change"],
        units=units,
        secret=True,
    )


def _unit_before(name: str, manifest: dict[str, Any]) -> UnitSpec:
    was = manifest.get("unit_originals", {}).get(name)
    if was is None or not was["found"]:
        return UnitSpec(name, enabled=False, started=False, masked=False)
    return UnitSpec(name, enabled=was["enabled"], started=was["active"], masked=was["masked"])
