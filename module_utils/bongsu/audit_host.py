"""Run security scanners on this host, and leave their scores for node_exporter."""

from __future__ import annotations

import lzma
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import audit, controls_host, host
from .component import lease, store
from .errors import BongsuError

METRICS = "bongsu_audit.prom"
PATIENCE = 1800.0  # seconds for one scanner: a small host with many files may need a quarter of an hour
_PROFILE = "xccdf_org.ssgproject.content_profile_{}"
_FULFILLED, _NOT_FULFILLED = 0, 2  # of oscap: it went through, and every rule passed, or some did not


def scan(scanners: Collection[str], content: str | None, profile: str) -> dict[str, Any]:
    """Return what each of the scanners found, and which of our controls are in effect here."""
    found: dict[str, Any] = {"controls": [asdict(one) for one in controls_host.look()]}
    with tempfile.TemporaryDirectory(prefix="bongsu-audit-") as work:
        if "lynis" in scanners:
            found["lynis"] = _lynis(Path(work))
        if "openscap" in scanners:
            found["openscap"] = _openscap(Path(work), content or "", profile)
    return found


def record(
    scanners: Mapping[str, Mapping[str, float]], at: float, run: str, state_directory: str = store.DEFAULT
) -> bool:
    """Leave the scores for node_exporter; tell whether they are there now. ``run`` gives its lease on the host back.

    Nothing is left on a host that bongsu has placed nothing on: there nothing would ever take it away.
    """
    lease.release(store.Store(state_directory), run)
    if not any((Path(state_directory) / "components").glob("*.json")):
        return False
    store.export(METRICS, audit.metrics(scanners, at))
    return (store.TEXTFILE_DIRECTORY / METRICS).exists()


def _lynis(work: Path) -> dict[str, Any]:
    report = work / "lynis.dat"
    files = ["--logfile", f"{work}/lynis.log", "--report-file", str(report)]
    done = host.run(["lynis", "audit", "system", "--quiet", "--no-colors", *files], timeout=PATIENCE)
    if not report.exists():
        raise BongsuError(f"lynis: exit status {done.status}: {done.text[-1000:]}")
    return audit.read_lynis(report.read_text(encoding="utf-8", errors="replace"))


def _openscap(work: Path, content: str, profile: str) -> dict[str, Any]:
    datastream = work / "datastream.xml"
    datastream.write_bytes(lzma.decompress(Path(content).read_bytes()))
    os.chmod(datastream, 0o600)
    command = ["oscap", "xccdf", "eval", "--progress", "--profile", _PROFILE.format(profile), str(datastream)]
    done = host.run(command, timeout=PATIENCE)
    results = audit.read_oscap(done.text)
    if done.status not in (_FULFILLED, _NOT_FULFILLED) or not results:
        raise BongsuError(f"oscap: exit status {done.status}: {done.text[-1000:]}")
    version = host.run(["oscap", "--version"]).text.splitlines()[0]
    return {"version": version.rpartition(" ")[2], "results": results}
