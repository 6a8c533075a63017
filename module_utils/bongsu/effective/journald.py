"""What journald's files come to, the last word first; whether it does keep the journal on disk is looked at there."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .. import host
from ..controls import Found
from . import coredump

DISK = Path("/var/log/journal")
_COMMAND = ("systemd-analyze", "cat-config", "systemd/journald.conf")


def look(_names: Collection[str]) -> Found:
    """Have systemd merge all files that configure it: journald itself cannot be asked."""
    return judge(coredump.read(host.ask(_COMMAND)), any(DISK.glob("*/system.journal")))


def judge(found: dict[str, list[str]], on_disk: bool) -> Found:
    """Return the settings; a journal that is to be on disk and is not there is in memory alone."""
    if found.get("storage") == ["persistent"] and not on_disk:
        return {**found, "storage": ["volatile"]}
    return found
