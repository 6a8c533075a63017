"""Whether AIDE has its database, and what it compares of a path that has a rule of its own.

``database`` is yes, or no as long as the first is being made; ``/a/path`` gives the attributes in AIDE's configuration.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..controls import Found, Unavailable

CONFIG = Path("/etc/aide/aide.conf")
_CAPABILITY = 2  # CAP_DAC_READ_SEARCH, which AIDE keeps when it gives up all others
DATABASE = "database"


def look(names: Collection[str]) -> Found:
    """Read the configuration, and look for the database."""
    if not _may_read_all(Path("/proc/self/status").read_text(encoding="ascii")):
        return dict.fromkeys(names, Unavailable("AIDE does not start: this container lacks CAP_DAC_READ_SEARCH"))
    text = CONFIG.read_text(encoding="utf-8") if CONFIG.exists() else ""
    return {name.lower(): [_made(text)] if name == DATABASE else rule(text, name) for name in names}


def rule(text: str, path: str) -> list[str]:
    """Return the attributes that a rule for just this path names; the last has no say after the first with AIDE."""
    rules = [line.split(maxsplit=1) for line in text.splitlines() if line.startswith("/")]
    return next(([words[1].strip()] for words in rules if words[0] == path and len(words) > 1), [])


def _made(text: str) -> str:
    from ..integrity import kept

    return "yes" if text and kept.made() else "no"


def _may_read_all(status: str) -> bool:
    """Tell from a process's status whether a program that root starts may have the capability."""
    bounds = next((line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:")), "0")
    return bool(int(bounds, 16) >> _CAPABILITY & 1)
