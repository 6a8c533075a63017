"""Compare what bongsu placed on a host with what is there now. Pure: manifests and observations in, findings out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import edits
from . import manifest as manifests
from .changes import Found
from .packages import Status
from .units import UnitState, outdated_files

# Everything that a finding can say, and what it means.
WHAT = {
    "content": "a file's content is not what was placed",
    "owner": "it belongs to another user",
    "group": "it belongs to another group",
    "mode": "its permissions are others",
    "missing": "it is not there",
    "kind": "a link, a directory or something else stands in its place",
    "present": "it is there, and should not be",
    "package_absent": "the package is not installed",
    "package_version": "the package is older than it was, or not held at the version pinned",
    "package_doubtful": "an upgrade of its packages failed and could not be taken back: it was not seen healthy since",
    "unit_disabled": "the unit does not start at boot",
    "unit_stopped": "the unit does not run",
    "unit_masked": "the unit is masked: nothing can start it",
    "unit_enabled": "the unit starts at boot, and should not",
    "unit_started": "the unit runs, and should not",
    "unit_unmasked": "the unit is no longer masked",
    "dropin": "a file that nobody accepted overrides the definition of a unit",
    "unread": "a running unit has not read its files as they are now",
    "manifest": "the manifest cannot be read, so nothing of the component was checked",
}
_DESCRIPTION = ("format", "component", "packages", "files", "units")  # what the wanted state alone decides
_VENDOR = ("/lib/systemd/system/", "/usr/lib/systemd/system/")


@dataclass(frozen=True, order=True)
class Finding:
    """One way in which a host is not as it was left.

    ``resource`` is a path, a package or a unit; ``what`` a key of WHAT; ``detail`` never shows what is in a file.
    """

    component: str
    resource: str
    what: str
    detail: str = ""


@dataclass(frozen=True)
class Seen:
    """The host as it is: every path, package and unit that a manifest names.

    ``overrides`` gives, for each unit, the files that override its definition and their digests; ``is_older`` compares
    two versions of Debian's.
    """

    paths: Mapping[str, Found]
    packages: Status
    units: Mapping[str, UnitState]
    overrides: Mapping[str, Mapping[str, str]]
    is_older: Callable[[str, str], bool]


def description_digest(manifest: Mapping[str, Any]) -> str:
    """Give the SHA-256 of the part of a manifest that the wanted state alone decides."""
    return hashlib.sha256(manifests.to_bytes({key: manifest[key] for key in _DESCRIPTION})).hexdigest()


def compare(known: Mapping[str, Mapping[str, Any]], seen: Seen) -> list[Finding]:
    """Find everything that is not as the manifests say, in order; ``known`` has them by component."""
    placed: frozenset[str] = frozenset().union(*map(manifests.placed, known.values()))
    found: set[Finding] = set()
    for name, manifest in known.items():
        for resource, what, detail in _of_component(manifest, seen, placed):
            found.add(Finding(name, resource, what, detail))
    return sorted(found)


_Facts = Iterator[tuple[str, str, str]]  # resource, what, detail


def _of_component(manifest: Mapping[str, Any], seen: Seen, placed: frozenset[str]) -> _Facts:
    for package in manifest["packages"]:
        yield from _package(package, manifest.get("versions", {}), seen)
    if manifest.get("doubtful"):
        yield manifest["component"], "package_doubtful", ""
    for entry in manifest["files"]:
        yield from _path(entry, seen.paths[entry["dest"]])
    for unit in manifest["units"]:
        state = seen.units[unit["name"]]
        if not unit.get("as_found"):
            yield from _unit(unit, state)
            yield from _overrides(manifest, state, seen.overrides.get(state.name, {}), placed)
        if (unit["started"] or unit.get("as_found")) and state.active:
            yield from _unread(manifest, state, seen.paths)


def _package(package: Mapping[str, Any], last: Mapping[str, str | None], seen: Seen) -> _Facts:
    name, pin = package["name"], package["version"]
    has, had = seen.packages.versions.get(name), last.get(name)
    if has is None:
        yield name, "package_absent", f"{had} was installed" if had else ""
    elif pin is not None and has != pin:
        yield name, "package_version", f"{has} instead of {pin}, which is pinned"
    elif pin is not None and name not in seen.packages.held:
        yield name, "package_version", f"apt may replace {pin}, which is pinned: it is no longer held"
    elif pin is None and had is not None and seen.is_older(has, had):
        yield name, "package_version", f"{has} is older than {had}"


def _path(entry: Mapping[str, Any], found: Found) -> _Facts:
    dest, state = entry["dest"], entry["state"]
    if state == "absent":
        if found.kind != "absent":
            yield dest, "present", f"a {found.kind}"
    elif found.kind == "absent":
        yield dest, "missing", ""
    elif found.kind != state:
        yield dest, "kind", f"a {found.kind} instead of a {state}"
    elif state == "link":
        if manifests.digest((found.target or "").encode()) != entry["sha256"]:
            yield dest, "content", "it leads elsewhere"
    else:
        if state == "file" and not _says(entry, found.content or b""):
            yield dest, "content", "what was set in it is not there any more" if entry.get("edit") else ""
        for key, has in (("owner", found.owner), ("group", found.group)):
            if has != entry[key] and not entry.get("edit"):  # of an edited file, that is the host's
                yield dest, key, f"{has} instead of {entry[key]}"
        if entry["mode"] is not None and found.mode != int(entry["mode"], 8):
            yield dest, "mode", f"{found.mode:04o} instead of {int(entry['mode'], 8):04o}"


def _says(entry: Mapping[str, Any], content: bytes) -> bool:
    """Tell whether a file's content is what was placed, or has what was set in it."""
    if entry.get("edit"):
        return edits.is_in(entry["edit"], content, entry["dest"])
    return bool(manifests.digest(content) == entry["sha256"])


def _unit(wanted: Mapping[str, Any], state: UnitState) -> _Facts:
    name = state.name
    if wanted["masked"] and not state.masked:
        yield name, "unit_unmasked", ""
    if not wanted["masked"] and state.masked:
        yield name, "unit_masked", ""
    elif wanted["enabled"] and not state.enabled and state.can_enable:
        yield name, "unit_disabled", "" if state.found else "systemd does not know it"
    elif not wanted["enabled"] and state.enabled:
        yield name, "unit_enabled", ""
    if wanted["started"] and not state.active:
        yield name, "unit_stopped", "it failed" if state.failed else ""
    elif not wanted["started"] and state.active:
        yield name, "unit_started", ""


def _overrides(
    manifest: Mapping[str, Any], state: UnitState, overriding: Mapping[str, str], placed: frozenset[str]
) -> _Facts:
    recorded = manifest.get("unit_files", {}).get(state.name)
    if recorded is None:  # written by a run that was cut off, or by none: what was there belongs to the host
        return
    for path, sha256 in overriding.items():
        if path in placed:  # judged as a file
            continue
        if path not in recorded["dropins"]:
            yield path, "dropin", f"new, overrides {state.name}"
        elif recorded["dropins"][path] != sha256:
            yield path, "dropin", f"changed, overrides {state.name}"
    was, now = recorded.get("fragment"), state.fragment
    moved = bool(was and now) and _normal(str(was)) != _normal(now)
    if moved and not state.masked and now not in overriding and now not in placed:
        yield now, "dropin", f"defines {state.name} instead of {was}"


def _normal(fragment: str) -> str:
    """Give one name to a file that Debian 12 has in /lib and Debian 13 in /usr/lib, with /lib a link to it."""
    return next((fragment.removeprefix(vendor) for vendor in _VENDOR if fragment.startswith(vendor)), fragment)


def _unread(manifest: Mapping[str, Any], state: UnitState, paths: Mapping[str, Found]) -> _Facts:
    """Compare with the files that are as they should be; for the others there are findings of their own."""
    on_disk = {
        entry["dest"]: (manifests.digest(found.content), found.changed_at)
        for entry in _read_by(manifest["files"], state.name)
        if (found := paths[entry["dest"]]).content is not None and _says(entry, found.content)
    }
    unread = outdated_files(state, manifests.unit_record(manifest, state.name), on_disk)
    if unread:
        yield state.name, "unread", f"it has not read {', '.join(unread)}"
    elif state.needs_daemon_reload and not state.masked:  # of a masked unit with drop-ins, systemd always says so
        yield state.name, "unread", "systemd has not read its definition (systemctl daemon-reload)"


def _read_by(files: Iterable[Mapping[str, Any]], unit: str) -> list[Mapping[str, Any]]:
    return [file for file in files if file["state"] == "file" and file["on_change"] != "none" and unit in file["units"]]
