"""How things were before bongsu first touched them, and how they are given back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import edited, heirs
from .changes import Found
from .plan import Plan
from .spec import Component, FileSpec, UnitSpec
from .store import Store
from .units import UnitState


def parents(component: Component, manifest: dict[str, Any] | None) -> list[str]:
    """Name the directories that were made for a component, that it no longer lists, and that hold something of its own.

    They stay its own, and go when the last thing in them has gone.
    """
    last = manifest or {}
    listed = {file.dest for file in component.files}
    made = {dest for dest, was in last.get("originals", {}).items() if was["kind"] == "absent"}
    directories = {entry["dest"] for entry in last.get("files", []) if entry["state"] == "directory"}
    holding = [file.dest for file in component.files if file.state != "absent"]
    return sorted(
        dest
        for dest in (directories | {*last.get("parents", [])}) & made - listed
        if any(held.startswith(f"{dest}/") for held in holding)
    )


def dropped(
    component: Component, manifest: dict[str, Any] | None, store: Store
) -> tuple[tuple[FileSpec, ...], tuple[UnitSpec, ...]]:
    """List the paths and units that the manifest has and the component no longer names, as they were before bongsu.

    What another component names stays, and is its own from now on.
    """
    if manifest is None:
        return (), ()
    paths, names = {file.dest for file in component.files}, {unit.name for unit in component.units}
    paths |= {*parents(component, manifest)}
    known = [*map(_parent, manifest.get("parents", [])), *manifest["files"]]
    files = [entry for entry in known if entry["dest"] not in paths]
    units = [unit for unit in manifest["units"] if unit["name"] not in names]
    if not (files or units):
        return (), ()
    others = heirs.others(component.name, store)
    return _files_before(files, manifest, store, others), _units_before(units, manifest, others)


def before(manifest: dict[str, Any], store: Store) -> Component:
    """Give the component that makes a host as it was before the one in ``manifest``, but for its packages."""
    nothing = Component(name=manifest["component"], packages=(), files=(), validate=(), units=())
    files, units = dropped(nothing, manifest, store)
    return replace(nothing, files=files, units=units)


def keep(
    component: Component, plan: Plan, manifest: dict[str, Any] | None, store: Store, found: dict[str, Found]
) -> dict[str, Any]:
    """Keep how each path was that is touched for the first time; return the originals of all the component's paths.

    An edited file is kept even where all that is wanted was in it: it may be gone one day, and is nobody's to make up.

    ``found`` is how they were when this run began: what its packages brought goes with them. What another component
    has made of a path is not how it was: there, that one's original counts.
    """
    kept: dict[str, Any] = dict((manifest or {}).get("originals", {}))
    touched = {change.file.dest for change in plan.changes if change.verb != "displace"}
    for dest in sorted(touched | {file.dest for file in component.files if file.edit}):
        if dest not in kept:
            elder = heirs.elder("originals", dest, component.name, store)
            kept[dest] = (
                store.keep_original(component.name, found[dest])
                if elder is None
                else store.copy_original(elder["component"], component.name, elder["originals"][dest])
            )
    named = {file.dest for file in component.files} | {*parents(component, manifest)}
    return {dest: original for dest, original in kept.items() if dest in named}


def keep_units(
    component: Component, states: dict[str, UnitState], manifest: dict[str, Any] | None, store: Store
) -> dict[str, Any]:
    """Return how each unit was before bongsu; ``states`` is how they were when this run began."""
    known = (manifest or {}).get("unit_originals", {})
    return {
        unit.name: known.get(unit.name) or _unit_original(states[unit.name], component.name, store)
        for unit in component.units
        if not unit.as_found
    }


def _unit_original(state: UnitState, component: str, store: Store) -> dict[str, Any]:
    elder = heirs.elder("unit_originals", state.name, component, store)
    if elder is not None:
        original: dict[str, Any] = elder["unit_originals"][state.name]
        return original
    return {"enabled": state.enabled, "active": state.active, "masked": state.masked, "found": state.found}


def _files_before(
    entries: list[dict[str, Any]], manifest: dict[str, Any], store: Store, others: list[dict[str, Any]]
) -> tuple[FileSpec, ...]:
    """Turn entries of a manifest into what stood at their paths, what lies in a directory before the directory."""
    needed, placed = heirs.paths(others), heirs.paths(others, edited=False)
    files = [
        edited.before(entry, manifest, store) if entry.get("edit") else _before(entry, manifest, store)
        for entry in reversed(entries)
        if entry["dest"] not in (placed if entry.get("edit") else needed)
    ]
    return tuple(file for file in files if file)


def _parent(dest: str) -> dict[str, Any]:
    return {"dest": dest, "state": "directory", "on_change": "none", "units": []}


def _before(entry: dict[str, Any], manifest: dict[str, Any], store: Store) -> FileSpec | None:
    """Turn an entry of a manifest into what stood at its path before; None where bongsu never changed it.

    Content may be a secret: it is never shown.
    """
    original = manifest.get("originals", {}).get(entry["dest"])
    if original is None or original["kind"] == "other":
        return None
    if entry["state"] == "absent" and original["kind"] == "absent":  # nothing was placed, and nothing stood there
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
        units=tuple(entry["units"]),
        secret=True,
    )


def _units_before(
    entries: list[dict[str, Any]], manifest: dict[str, Any], others: list[dict[str, Any]]
) -> tuple[UnitSpec, ...]:
    """Turn entries of a manifest into their units before; one that another component names is as that one wants it."""
    wanted = heirs.units(others)
    return tuple(_unit_before(entry, manifest, wanted) for entry in entries)


def _unit_before(entry: dict[str, Any], manifest: dict[str, Any], wanted: dict[str, UnitSpec]) -> UnitSpec:
    name = entry["name"]
    if entry.get("as_found"):
        return UnitSpec(name, enabled=False, started=False, masked=False, as_found=True)
    if name in wanted:
        return wanted[name]
    was = manifest.get("unit_originals", {}).get(name)
    if was is None or not was["found"]:
        return UnitSpec(name, enabled=False, started=False, masked=False)
    return UnitSpec(name, enabled=was["enabled"], started=was["active"], masked=was["masked"])
