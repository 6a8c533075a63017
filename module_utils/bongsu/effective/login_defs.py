"""What /etc/login.defs says to useradd, chpasswd, pam_unix and pam_umask."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..controls import Found

PATH = Path("/etc/login.defs")


def look(_names: Collection[str]) -> Found:
    """Read the file: nothing else decides, and no daemon keeps it."""
    return read(PATH.read_text(encoding="utf-8", errors="replace"))


def read(text: str) -> Found:
    """Return every value that a setting is given: of two, PAM's modules take the first, and shadow's tools the last."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, *words = line.partition("#")[0].split() or [""]
        if name:
            found.setdefault(name.lower(), []).extend(word for word in words if word not in found.get(name.lower(), ()))
    return found
