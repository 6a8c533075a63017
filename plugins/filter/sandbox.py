"""Filters of the role service_sandbox: from its controls to the drop-in of each unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu import controls
from bongsu.inventory.words import one_of

DROP_IN = "/etc/systemd/system/{unit}.d/zz-bongsu-sandbox.conf"  # as effective/sandbox.py looks for it
# What a later file would only add to: emptied first, so that the row is all of it.
_EMPTIED = (
    "AmbientCapabilities",
    "ReadWritePaths",
    "CapabilityBoundingSet",
    "RestrictAddressFamilies",
    "SystemCallFilter",
)

_PATH = re.compile(r"-?(/[^/\s]+)+")
_HEAD = """\
# Managed by bongsu (role service_sandbox): what {unit} may do.
# Read after its other files, it has the last word. To do without it, waive its controls (docs/controls.md).
"""


def sandboxed(chosen: Iterable[Mapping[str, Any]], units: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return those of the role's chosen controls that are of these units."""
    owners = {one["id"]: set(one["sets"]["sandbox"]) for one in controls.table("service_sandbox")}
    known = sorted(set().union(*owners.values()))
    if strange := sorted(set(units) - set(known)):
        raise AnsibleFilterError(
            f"service_sandbox_units: there is no sandbox for {one_of(strange)}; known are {one_of(known)}"
        )
    return [one for one in chosen if owners[one["id"]] & set(units)]


def paths_of(allowed: Mapping[str, Sequence[str]], unit: str, known: Sequence[str]) -> list[str]:
    """Return the directories that an inventory lets a unit write to; ``known`` are the units that it may name."""
    for name, paths in allowed.items():
        if name not in known:
            raise AnsibleFilterError(
                f"service_sandbox_write_paths: there is no list of directories for '{name}'; known are {one_of(known)}"
            )
        wrong = [path for path in paths if not _PATH.fullmatch(str(path))] if isinstance(paths, list) else [paths]
        if wrong:
            raise AnsibleFilterError(
                f"service_sandbox_write_paths.{name}: '{wrong[0]}' is no list of plain absolute paths; "
                "write [/srv/metrics], with '-' before one that may be missing"
            )
    return list(allowed.get(unit, []))


def argument_values(arguments: Iterable[str], name: str) -> list[str]:
    """Return the values that a program's ``--name=value`` or ``--name value`` gives."""
    given = " ".join(arguments).split()
    plain = [word.lstrip("-").partition("=") for word in given]
    return [
        value if mark else given[place + 1]
        for place, (key, mark, value) in enumerate(plain)
        if given[place].startswith("-") and key == name and (mark or place + 1 < len(given))
    ]


def sandbox_units(rows: Mapping[str, object]) -> list[dict[str, str]]:
    """Return the units as a component lists them: others have placed them, and decide whether they run."""
    return [{"name": unit, "state": "as_found"} for unit in rows]


def sandbox_rows(chosen: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Return what the controls in force set: unit -> directive -> words."""
    rows: dict[str, dict[str, list[str]]] = {}
    for one in chosen:
        for name, value in one["sets"].get("sandbox", {}).items():
            unit, _, directive = name.partition("/")
            rows.setdefault(unit, {})[directive] = [
                str(word) for word in (value if isinstance(value, list) else [value])
            ]
    return rows


def sandbox_files(rows: Mapping[str, Mapping[str, Sequence[str]]]) -> list[dict[str, Any]]:
    """Return a drop-in for each row, and its directory, as a component lists them."""
    files: list[dict[str, Any]] = []
    for unit, row in rows.items():
        path = DROP_IN.format(unit=unit)
        content = "\n".join([_HEAD.format(unit=unit), "[Service]", *lines(row), ""])
        files.append({"dest": path.rpartition("/")[0], "state": "directory"})
        files.append({"dest": path, "content": content, "on_change": "restart", "units": [unit]})
    return files


def lines(row: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the lines of a drop-in, in the order of their names."""
    found = []
    for directive, words in sorted(row.items()):
        if directive in _EMPTIED:
            found.append(f"{directive}=")
        if directive == "SystemCallFilter":
            # A line each: one that is taken off must not stand beside one that is added.
            found += [*(f"{directive}={word}" for word in words), "SystemCallErrorNumber=EPERM"]
        elif list(words) != ["none"]:
            found.append(f"{directive}={' '.join(words)}")
    return found


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {
            "argument_values": argument_values,
            "paths_of": paths_of,
            "sandboxed": sandboxed,
            "sandbox_rows": sandbox_rows,
            "sandbox_files": sandbox_files,
            "sandbox_units": sandbox_units,
        }
