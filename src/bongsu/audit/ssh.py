"""What ssh-audit, which is not ours, finds wrong with an SSH server, seen from this machine.

It connects several times without ever logging in. OpenSSH 9.8 and later shut out an address that does so, for some
seconds up to a minute (PerSourcePenalties): look at everything else first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.errors import BongsuError
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPICS = ("kex", "key", "enc", "mac")
_LEVELS = ("fail", "warn")
_PATIENCE = 120.0  # seconds for the whole look


def look(address: str, port: int = 22) -> dict[str, Any]:
    """Return ssh-audit's report of a server."""
    command = [
        str(Path(sys.executable).with_name("ssh-audit")),
        "--json",
        "--skip-rate-test",
        f"--port={port}",
        address,
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE, env=machine.environment()
        )
    except subprocess.TimeoutExpired:
        raise BongsuError(f"ssh-audit {address}: no end after {_PATIENCE:.0f} s") from None
    try:
        report: dict[str, Any] = json.loads(done.stdout)
        complaints(report)
    except (ValueError, KeyError):
        raise BongsuError(f"ssh-audit {address}: exit status {done.returncode}: {done.stdout}{done.stderr}") from None
    return report


def audit(address: str) -> list[str]:
    """Return ssh-audit's failures and warnings, a line each: level, algorithm, reason."""
    return complaints(look(address))


def complaints(report: Mapping[str, Any]) -> list[str]:
    """Read a report's failures and warnings, the failures first."""
    return [f"{one['level']}: {one['id']}: {one['title']}" for one in findings(report)]


def findings(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a finding for each reason: the algorithm, ``fail`` or ``warn``, and what is said against it."""
    return [
        {"id": one["algorithm"], "level": level, "title": reason}
        for level in _LEVELS
        for topic in _TOPICS
        for one in report[topic]
        for reason in one.get("notes", {}).get(level, [])
    ]


def read(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{version, score, findings}``; the score is the share of algorithms that nothing is said against."""
    found = findings(report)
    offered = [one["algorithm"] for topic in _TOPICS for one in report[topic]]
    bad = {one["id"] for one in found}
    good = sum(name not in bad for name in offered)
    score = round(100 * good / len(offered), 1) if offered else 0.0
    return {"version": version("ssh-audit"), "score": score, "findings": found}
