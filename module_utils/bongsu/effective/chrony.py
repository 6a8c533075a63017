"""What chronyd runs with: its configuration as it reads it itself, and its process.

A setting is a directive of chrony.conf; or ``servers`` (all that it is told to ask), or ``user`` (as whom it runs).
Whether the clock follows is ``clock``.
"""

from __future__ import annotations

import pwd
from collections.abc import Collection
from pathlib import Path

from .. import host
from ..controls import Found, Unavailable
from ..errors import BongsuError

PID_FILE = Path("/run/chrony/chronyd.pid")
_SOURCES = ("server", "pool", "peer", "refclock")
_DEFAULTS = {"port": ["123"], "cmdport": ["323"]}
_CLOCK = ("makestep", "rtcsync")  # which set the clock


def look(_names: Collection[str]) -> Found:
    """Ask the daemon and its process; BongsuError where it does not run."""
    try:
        process = Path("/proc", PID_FILE.read_text().strip())
        options = (process / "cmdline").read_text().split("\0")
        owner = process.stat().st_uid
    except OSError as error:
        raise BongsuError(f"chronyd does not run ({error.strerror})") from error
    found: dict[str, list[str] | Unavailable] = {**read(ask("chronyd", "-p"))}
    found["user"] = [_name(owner)]
    if "-x" in options:
        found |= dict.fromkeys(_CLOCK, Unavailable("does nothing in a container: the clock is the machine's"))
    return found


def ask(*command: str) -> str:
    """Return what a program of chrony prints; BongsuError where it fails."""
    output = host.run(command)
    if output.status != 0:
        raise BongsuError(f"'{' '.join(command)}' failed: {output.text}")
    return output.text


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def read(text: str) -> dict[str, list[str]]:
    """Read a configuration as chronyd prints it; of a directive that is there more than once, the last one counts."""
    found: dict[str, list[str]] = {**_DEFAULTS}
    servers: list[str] = []
    for directive, *words in filter(None, map(str.split, text.splitlines())):
        if directive in _SOURCES:
            servers += [words[0].lower()] if directive != "refclock" else ["refclock"]
        else:
            found[directive] = words or ["yes"]
    return {**found, "servers": sorted(servers)}
