"""What a host says of itself in one answer: the record of the last complete run, and whether its components verify."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import host, login
from .component import drift_host, lease, toolkit
from .component.store import CONTROLS, DEFAULT, Store
from .errors import BongsuError

RECORD = "fingerprint.json"
_DOWN = ("unit_stopped", "unit_masked")  # of what a look finds (component/drift.py)
ARGUMENT_SPEC = {
    "record": {"type": "dict"},
    "files": {"type": "list", "elements": "str", "default": []},
    "until": {"type": "float"},
    "release": {"type": "str"},
    "controls": {"type": "bool", "default": True},
    "state_directory": {"type": "path", "default": DEFAULT},
}


def answer(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Say how the host is; or write the record down, and give the lease back."""
    directory = params["state_directory"]
    if params["record"] is None and params["release"] is None:
        return {"state": look(directory, controls=params["controls"])}
    if check:
        return {"not_recorded": ["this is check mode"]}
    try:
        if params["record"] is None:
            return {"not_recorded": ["there is nothing to record"]}
        return {"not_recorded": seal(directory, params["record"], params["files"], params["until"])}
    finally:
        if params["release"] is not None:
            lease.release(Store(directory), params["release"])


def look(state_directory: str, *, controls: bool = True) -> dict[str, Any]:
    """Answer what the controller needs to judge whether there is anything to do; change nothing.

    ``components`` gives the digest of each component that is as its manifest says, ``drift`` the first difference of
    each other one, ``down`` the units that must run and do not, ``unfinished`` the components that an interrupted run
    has left a journal of. ``ineffective`` names the security controls that are not in effect, whatever the files say;
    without ``controls``, which is told, none is asked for. ``release`` is Debian's, and ``came_from`` the address from
    which this question came over SSH. ``trouble`` tells why the host could not be looked at whole.
    """
    directory = Path(state_directory)
    record: dict[str, Any] = {}
    components: dict[str, str] = {}
    drift: dict[str, str] = {}
    down: list[str] = []
    ineffective: list[str] = []
    trouble = ""
    try:
        components, drift, down = _verified(state_directory)
        ineffective = _ineffective() if controls else []
        record = _read(directory / RECORD)
    except (BongsuError, OSError) as error:
        trouble = str(error)
    return {
        "record": record,
        "trouble": trouble,
        "components": components,
        "drift": drift,
        "down": down,
        "ineffective": ineffective,
        "controls": controls,
        "unfinished": _journals(directory),
        "identity": _identity(),
        "release": host.release(),
        "came_from": login.came_from(),
        "changed_files": sorted(path for path, seen in record.get("files", {}).items() if _observe(path) != seen),
        "expired": (until := record.get("until")) is not None and time.time() >= until,
    }


def seal(state_directory: str, record: Mapping[str, Any], files: Iterable[str], until: float | None) -> list[str]:
    """Write the record of a complete run, with what only the host knows; return why not, empty when written.

    The host must be as the record says: what has drifted since it was converged is for the next run to see. What its
    security controls are like is no part of it: the next run asks them anew before it passes the host over.
    """
    path = Path(state_directory) / RECORD
    components, drift, _ = _verified(state_directory)
    own = dict(record["components"].get(record["host"], {}))
    if toolkit.NAME in {*components, *drift}:  # every host's, and converged by no task of its own
        own[toolkit.NAME] = components.get(toolkit.NAME)
    seen = {name: _observe(name) for name in sorted(files)}
    troubles = [
        f"{name} has drifted: {drift[name]}" if name in drift else f"{name} is not as it was converged"
        for name, digest in own.items()
        if name in drift or components.get(name) != digest
    ]
    troubles += [f"{name} is not there" for name, observed in seen.items() if observed["kind"] == "absent"]
    if troubles:
        path.unlink(missing_ok=True)
        return troubles
    complete = {
        **record,
        "components": {**record["components"], record["host"]: own},
        "files": seen,
        "until": until,
        "identity": _identity(),
        "sealed_at": round(time.time(), 3),
    }
    host.replace(str(path), (json.dumps(complete, indent=1, sort_keys=True) + "\n").encode(), mode=0o600)
    return []


def _verified(state_directory: str) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Return each component's digest that verifies, of each other one in what it differs first, and what is down."""
    digests, findings = drift_host.verified(state_directory)
    drift: dict[str, str] = {}
    for finding in findings:
        told = " ".join(part for part in (finding.resource, finding.what, finding.detail) if part)
        drift.setdefault(finding.component, told)
    down = sorted({finding.resource for finding in findings if finding.what in _DOWN})
    return {name: digest for name, digest in digests.items() if name not in drift}, drift, down


def _ineffective() -> list[str]:
    """Name the security controls of this host that are not in effect."""
    if not os.path.isdir(CONTROLS):
        return []
    from . import controls_host  # a host without controls need not load it

    return sorted(controls_host.ineffective(controls_host.look(told=False)))


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BongsuError(f"{path} is not JSON: {error}") from error
    shape = {"format": int, "host": str, "sections": dict, "components": dict, "files": dict, "identity": str}
    if not isinstance(record, dict) or not all(isinstance(record.get(key), kind) for key, kind in shape.items()):
        raise BongsuError(f"{path} is no record of bongsu's")
    return record


def _journals(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory / "journal"))
    except FileNotFoundError:
        return []


def _identity() -> str:
    """Give one digest of the host's release, kernel, machine and name: what roles may ask of it as facts."""
    try:
        release = host.OS_RELEASE.read_bytes()
    except OSError:
        release = b""
    names = os.uname()
    words = (names.sysname, names.release, names.machine, names.nodename)
    return hashlib.sha256("\0".join(words).encode() + b"\0" + release).hexdigest()


def _observe(path: str) -> dict[str, Any]:
    found = host.observe(path)
    content = None if found.content is None else hashlib.sha256(found.content).hexdigest()
    return {"kind": found.kind, "sha256": content, "owner": found.owner, "group": found.group, "mode": found.mode}
