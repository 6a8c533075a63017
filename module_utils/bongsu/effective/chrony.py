"""What chronyd runs with: its configuration as it reads it itself, its process, and whether it follows its servers.

A setting is a directive of chrony.conf; or ``servers`` (all that it is told to ask), ``synchronised``, or ``user`` (as
whom it runs).
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
_LEAP = 13  # the place in what chronyc tells of tracking: whether the clock is followed, and leap seconds to come
_NOT_FOLLOWED = "Not synchronised"
_CLOCK = ("makestep", "rtcsync")  # which set the clock


def look(_names: Collection[str]) -> Found:
    """Ask the daemon and its process; BongsuError where it does not run."""
    try:
        process = Path("/proc", PID_FILE.read_text().strip())
        options = (process / "cmdline").read_text().split("\0")
        owner = process.stat().st_uid
    except OSError as error:
        raise BongsuError(f"chronyd does not run ({error.strerror})") from error
    found: dict[str, list[str] | Unavailable] = {**read(_ask("chronyd", "-p"))}
    found["synchronised"] = ["yes" if follows(_ask("chronyc", "-c", "tracking")) else "no"]
    found["user"] = [_name(owner)]
    if "-x" in options:
        found |= dict.fromkeys(_CLOCK, Unavailable("does nothing in a container: the clock is the machine's"))
    return found


def _ask(*command: str) -> str:
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


def follows(text: str) -> bool:
    """Tell from ``chronyc -c tracking`` whether the clock is followed."""
    told = text.strip().split(",")
    if len(told) <= _LEAP:
        raise BongsuError(f"chronyc tells nothing of tracking: {text}")
    return told[_LEAP] != _NOT_FOLLOWED
