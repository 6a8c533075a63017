"""Files that override a unit's definition: drop-ins, and whole definitions, wherever they come before a package's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import host
from .changes import Found
from .manifest import digest

# Where an administrator, or systemctl's and portablectl's own verbs, override what packages bring (systemd.unit(5)).
DIRECTORIES = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/usr/local/lib/systemd/system",
)


def find(units: Iterable[str], directories: Iterable[str] | None = None) -> dict[str, dict[str, Found]]:
    """Give, for each unit, every file that overrides its definition, by path. A mask is none: it is a unit's state."""
    found: dict[str, dict[str, Found]] = {unit: {} for unit in units}
    for directory in DIRECTORIES if directories is None else directories:
        if os.path.isdir(directory):
            for unit in found:
                found[unit] |= {path: host.observe(path) for path in _candidates(directory, unit)}
    return found


def digests(found: Mapping[str, Mapping[str, Found]]) -> dict[str, dict[str, str]]:
    """Give the digest of each override; a link counts by its target."""
    return {
        unit: {path: digest(seen.content or (seen.target or "").encode()) for path, seen in paths.items()}
        for unit, paths in found.items()
    }


def _candidates(directory: str, unit: str) -> list[str]:
    paths = [str(path) for name in _drop_in_names(unit) for path in sorted(Path(directory, name).glob("*.conf"))]
    whole = os.path.join(directory, unit)
    if os.path.isfile(whole) and not (os.path.islink(whole) and _is_harmless(os.path.realpath(whole))):
        paths.append(whole)
    return paths


def _is_harmless(target: str) -> bool:
    """Tell whether a link is an alias of what a package brought (a mask is no file at all)."""
    return target.startswith(("/lib/systemd/", "/usr/lib/systemd/"))


def _drop_in_names(unit: str) -> list[str]:
    """Name the directories whose drop-ins apply: of the unit's type, of each dashed prefix, its template, its own."""
    name, kind = unit.rsplit(".", 1)
    names = [kind]
    parts = name.split("-")
    names += ["-".join(parts[:count]) + f"-.{kind}" for count in range(1, len(parts))]
    if "@" in name:
        names.append(f"{name.split('@', 1)[0]}@.{kind}")
    return [f"{each}.d" for each in [*names, unit]]
