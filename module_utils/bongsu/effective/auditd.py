"""What auditd was started with: the directives of /etc/audit/auditd.conf, which nothing but that file tells.

It counts only where it has not changed since the daemon began; whether that writes at all is of ``audit``.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from .. import audit_rules_host
from ..controls import Found, Unavailable
from ..errors import BongsuError

CONFIGURATION = Path("/etc/audit/auditd.conf")
PROC = Path("/proc")
_ROUNDED = 2.0  # seconds: the kernel tells the time of its boot in whole ones


def look(names: Collection[str]) -> Found:
    """Read the configuration; BongsuError where the daemon does not run, or began before it changed."""
    now = audit_rules_host.ask()
    if isinstance(now, str):
        return dict.fromkeys(names, Unavailable(f"no audit here ({now})", of_all=True))
    if now["pid"] == "0":
        raise BongsuError("auditd does not run")
    try:
        text, changed = CONFIGURATION.read_text(encoding="utf-8"), CONFIGURATION.stat().st_ctime
    except OSError as error:
        raise BongsuError(f"{CONFIGURATION}: {error.strerror}") from error
    if changed > started(int(now["pid"])) + _ROUNDED:
        raise BongsuError(f"auditd has not read {CONFIGURATION} since it changed")
    return read(text)


def started(pid: int) -> float:
    """Return when a process began, in seconds since 1970."""
    try:
        ticks = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])  # field 22 of proc(5)
        boot = next(line.split()[1] for line in (PROC / "stat").read_text().splitlines() if line.startswith("btime "))
    except OSError as error:
        raise BongsuError(f"auditd, process {pid}, does not run ({error.strerror})") from error
    return int(boot) + ticks / os.sysconf("SC_CLK_TCK")


def read(text: str) -> dict[str, list[str]]:
    """Read the directives; names and values are as good in any case."""
    rows = (line.partition("#")[0].partition("=") for line in text.splitlines())
    return {name.strip().lower(): value.split() for name, equals, value in rows if equals}
