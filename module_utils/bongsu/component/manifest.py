"""The manifest: what bongsu placed on a host and how it was before, one JSON document a component. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BongsuError
from .spec import Component, FileSpec
from .units import UnitRecord, UnitState

FORMAT = 1
_SHAPE = {"component": str, "packages": list, "files": list, "units": list}


def digest(content: bytes) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def describe(component: Component) -> dict[str, Any]:
    """Give the part of a manifest that the wanted state alone decides; equal input gives an equal value."""
    return {
        "format": FORMAT,
        "component": component.name,
        "packages": [{"name": package.name, "version": package.version} for package in component.packages],
        "files": [_entry(file) for file in component.files],
        "units": [
            {"name": unit.name, "enabled": unit.enabled, "started": unit.started, "masked": unit.masked}
            | ({"as_found": True} if unit.as_found else {})
            for unit in component.units
        ],
    }


def _entry(file: FileSpec) -> dict[str, Any]:
    """Describe a path. Of an edited file, what else it says and its owner are the host's, and its mode may be."""
    own = file if file.edit is None else FileSpec(file.dest, "file")
    entry = {
        "dest": file.dest,
        "state": file.state,
        "sha256": None if own.content is None else digest(own.content),
        "owner": own.owner,
        "group": own.group,
        "mode": f"{file.mode:04o}" if file.sets_mode else None,
        "on_change": file.on_change,
        "units": list(file.units),
    }
    return entry if file.edit is None else entry | {"edit": file.edit}


def parse(text: str, place: str) -> dict[str, Any]:
    """Read a manifest; raise BongsuError naming ``place`` where it is none."""
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise BongsuError(f"{place} is not JSON: {error}; move it away and run again") from error
    if not isinstance(manifest, dict) or not all(isinstance(manifest.get(key), kind) for key, kind in _SHAPE.items()):
        raise BongsuError(f"{place} is no manifest of bongsu's; move it away and run again")
    if manifest.get("format") != FORMAT:
        raise BongsuError(f"{place} is of format {manifest.get('format')}, made by a newer bongsu; use that one")
    return manifest


def empty(component: str) -> dict[str, Any]:
    """Give the manifest of a component that has nothing on the host yet."""
    return {"format": FORMAT, "component": component, "packages": [], "files": [], "units": []}


def records(component: Component, before: Mapping[str, UnitState], states: Mapping[str, UnitState]) -> dict[str, Any]:
    """Give what each running unit has read: its invocation and the digests of its files.

    ``before`` is how the units were before anything was changed. Another's that was still starting then was not acted
    on, and may have read the files of before: of one without a record, the times tell.
    """
    return {
        unit.name: {
            "invocation": states[unit.name].invocation,
            "files": {
                file.dest: digest(file.content)
                for file in component.files
                if file.content is not None and file.on_change != "none" and unit.name in file.units
            },
        }
        for unit in component.units
        if states[unit.name].active and (before[unit.name].active or not unit.as_found)
    }


def unit_record(manifest: Mapping[str, Any] | None, unit: str) -> UnitRecord | None:
    """Read one unit's record out of a manifest."""
    raw = (manifest or {}).get("running", {}).get(unit)
    return UnitRecord(raw["invocation"], raw["files"]) if raw else None


def placed(manifest: Mapping[str, Any] | None) -> frozenset[str]:
    """Name the paths at which a manifest says that bongsu put something."""
    return frozenset(file["dest"] for file in (manifest or {}).get("files", []) if file["state"] != "absent")


def held(manifest: Mapping[str, Any] | None) -> list[str]:
    """Name the packages that a manifest says bongsu holds; one that was held before is not among them."""
    return list((manifest or {}).get("held", []))


def accepted_overrides(overrides: Mapping[str, Mapping[str, str]], strange: Iterable[str]) -> dict[str, dict[str, str]]:
    """Give the overrides of each unit that stay: those that were there before bongsu, and those it placed."""
    return {
        unit: {path: sha256 for path, sha256 in paths.items() if path not in strange}
        for unit, paths in overrides.items()
    }


def says(
    manifest: Mapping[str, Any] | None, description: Mapping[str, Any], accepted: Mapping[str, Mapping[str, str]]
) -> bool:
    """Tell whether a manifest already holds a description, and the overrides of its units as they are."""
    if manifest is None or {key: manifest.get(key) for key in description} != description:
        return False
    recorded = manifest.get("unit_files", {})
    return all(recorded.get(unit, {}).get("dropins") == paths for unit, paths in accepted.items())


def to_bytes(value: Mapping[str, Any]) -> bytes:
    """Write a manifest so that equal values give equal bytes."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def unit_metrics(manifests: Iterable[Mapping[str, Any]]) -> bytes:
    """Tell Prometheus which units must run, in the text exposition format.

    Nobody is served by a timer: one that is stopped is drift, and no reason to wake anybody.
    """
    started = {unit["name"] for manifest in manifests for unit in manifest["units"] if unit["started"]}
    wanted = {name for name in started if not name.endswith(".timer")}
    lines = [
        "# HELP bongsu_unit_wanted A unit that must be active, and who wants it.",
        "# TYPE bongsu_unit_wanted gauge",
        *(f'bongsu_unit_wanted{{name="{_escape(name)}",source="component"}} 1' for name in sorted(wanted)),
    ]
    return ("\n".join(lines) + "\n").encode()


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"")
