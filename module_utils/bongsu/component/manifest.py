"""The manifest: what bongsu placed on a host, one JSON document a component."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .spec import Component
from .units import UnitRecord, UnitState

FORMAT = 1


def digest(content: bytes) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def describe(component: Component, brought: list[str]) -> dict[str, Any]:
    """Give the part of a manifest that the wanted state alone decides; equal input gives an equal value.

    ``brought`` names the packages that bongsu installed, as against those found on the host.
    """
    return {
        "format": FORMAT,
        "component": component.name,
        "packages": [{"name": name, "brought": name in brought} for name in component.packages],
        "files": [
            {
                "dest": file.dest,
                "state": file.state,
                "sha256": None if file.content is None else digest(file.content),
                "owner": file.owner,
                "group": file.group,
                "mode": f"{file.mode:04o}",
                "on_change": file.on_change,
                "units": list(file.units),
            }
            for file in component.files
        ],
        "units": [
            {"name": unit.name, "enabled": unit.enabled, "started": unit.started, "masked": unit.masked}
            for unit in component.units
        ],
    }


def records(component: Component, states: dict[str, UnitState]) -> dict[str, Any]:
    """Give what each running unit has read: its invocation and the digests of its files."""
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
        if states[unit.name].active
    }


def unit_record(manifest: dict[str, Any] | None, unit: str) -> UnitRecord | None:
    """Read one unit's record out of a manifest."""
    raw = (manifest or {}).get("running", {}).get(unit)
    return UnitRecord(raw["invocation"], raw["files"]) if raw else None


def brought(manifest: dict[str, Any] | None) -> list[str]:
    """List the packages that a manifest says bongsu installed."""
    return [package["name"] for package in (manifest or {}).get("packages", []) if package["brought"]]


def says(manifest: dict[str, Any] | None, description: dict[str, Any]) -> bool:
    """Tell whether a manifest already holds a description."""
    return manifest is not None and {key: manifest.get(key) for key in description} == description


def to_bytes(value: dict[str, Any]) -> bytes:
    """Write a manifest so that equal values give equal bytes."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def unit_metrics(manifests: list[dict[str, Any]]) -> bytes:
    """Tell Prometheus which units must run, in the text exposition format."""
    wanted = {unit["name"] for manifest in manifests for unit in manifest["units"] if unit["started"]}
    lines = [
        "# HELP bongsu_unit_wanted A unit that must be active, and who wants it.",
        "# TYPE bongsu_unit_wanted gauge",
        *(f'bongsu_unit_wanted{{name="{_escape(name)}",source="component"}} 1' for name in sorted(wanted)),
    ]
    return ("\n".join(lines) + "\n").encode()


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"")
