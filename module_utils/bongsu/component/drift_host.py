"""Look for drift on this host: read its manifests and what they name, and tell what differs."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import host
from ..errors import BongsuError
from . import apt, overrides, shape, store
from .changes import Found
from .drift import Finding, Seen, compare, description_digest
from .drift_report import metrics, text

METRICS = "bongsu_drift.prom"
PATIENCE = 300.0  # seconds to wait for a run that is changing the host: packages of a slow mirror, and a restart
_POLL = 0.2


def main(textfile: bool, as_json: bool, state_directory: str = store.DEFAULT) -> int:
    """Tell what drifted, or write it where node_exporter reads; return 1 when something did, else 0."""
    components, findings = settled(state_directory)
    if textfile:
        export(components, findings)
    else:
        sys.stdout.write(text(components, findings, as_json=as_json))
    return 1 if findings else 0


def settled(state_directory: str) -> tuple[dict[str, str], list[Finding]]:
    """Do as verified() does, but not in the middle of a run: between two of its steps, everything looks like drift."""
    with _undisturbed(state_directory):
        return verified(state_directory)


def verified(state_directory: str) -> tuple[dict[str, str], list[Finding]]:
    """Compare the host with its manifests, whoever is at work on it.

    Returns, for each component, the SHA-256 of its manifest's description, and everything that is not as it says. A
    component whose manifest cannot be read has an empty digest, and a finding that says why.
    """
    known, findings = _manifests(Path(state_directory) / "components")
    found = compare(known, _look(known)) if known else []
    digests = {name: description_digest(manifest) for name, manifest in known.items()}
    return dict.fromkeys((one.component for one in findings), "") | digests, sorted([*findings, *found])


def export(components: Mapping[str, str], findings: list[Finding]) -> None:
    """Write the metrics where node_exporter reads them, if it does; take them away when nothing is placed any more."""
    store.export(METRICS, metrics(components, findings, time.time()) if components else None)


def _manifests(directory: Path) -> tuple[dict[str, dict[str, Any]], list[Finding]]:
    known: dict[str, dict[str, Any]] = {}
    findings = []
    for path in sorted(directory.glob("*.json")):
        name = path.name.removesuffix(".json")
        try:
            known[name] = _read(path, name)
        except (BongsuError, OSError, UnicodeDecodeError) as error:
            findings.append(Finding(name, str(path), "manifest", str(error)))
    return known, findings


def _read(path: Path, component: str) -> dict[str, Any]:
    manifest = shape.read(path.read_text(encoding="utf-8"), str(path))
    if manifest["component"] != component:
        raise BongsuError(f"{path} is of the component {manifest['component']}; move it away and run again")
    return manifest


def _look(known: Mapping[str, Mapping[str, Any]]) -> Seen:
    """Observe each path once, all units by one question, and all packages by reading one file."""
    entries = [entry for manifest in known.values() for entry in manifest["files"]]
    units = sorted({unit["name"] for manifest in known.values() for unit in manifest["units"]})
    return Seen(
        paths={dest: _observe(dest) for dest in sorted({entry["dest"] for entry in entries})},
        packages=apt.read_status(),
        units=host.unit_states(units),
        overrides=overrides.digests(overrides.find(units)),
        is_older=apt.is_older,
    )


def _observe(path: str) -> Found:
    try:
        return host.observe(path)
    except FileNotFoundError:  # it went away while it was looked at
        return Found("absent")
    except OSError as error:
        raise BongsuError(f"{path} cannot be read: {error.strerror}; run this as root, and look at the disk") from error


@contextmanager
def _undisturbed(state_directory: str) -> Iterator[None]:
    """Keep runs that would change the host away, once the present one has ended."""
    try:
        descriptor = os.open(os.path.join(state_directory, "lock"), os.O_RDONLY)
    except FileNotFoundError:  # no run has ever been here
        yield
        return
    try:
        _take(descriptor, time.monotonic() + PATIENCE)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise BongsuError("a run is still changing this host; look for drift again when it has ended") from None
            time.sleep(_POLL)
        else:
            return
