"""What systemd-coredump would do with the memory of a program that crashed; without it there is nothing to do it."""

from __future__ import annotations

import os
from collections.abc import Collection

from .. import host
from ..controls import Found, words

PROGRAM = "/usr/lib/systemd/systemd-coredump"
_WITHOUT = {"storage": ["none"], "processsizemax": ["0"]}  # what comes of it where nobody takes a dump
_COMMAND = ("systemd-analyze", "cat-config", "systemd/coredump.conf")


def look(_names: Collection[str]) -> Found:
    """Have systemd merge all files that configure it, since there is no daemon to ask."""
    if not os.path.exists(PROGRAM):
        return dict(_WITHOUT)
    return read(host.ask(_COMMAND))


def read(text: str) -> dict[str, list[str]]:
    """Read files one after the other: a later line takes the place of an earlier one."""
    rows = (line.strip().partition("=") for line in text.splitlines() if not line.lstrip().startswith(("#", ";", "[")))
    return {name.strip().lower(): words(value) for name, separator, value in rows if separator}
