"""Who may read and change a path: its mode, and its owner and group where they are not root's."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from ..controls import Found, Unavailable


def look(names: Collection[str]) -> Found:
    """Ask the file system."""
    return {name.lower(): _words(name) for name in names}


def _words(path: str) -> list[str] | Unavailable:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return Unavailable("is not on this host")
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    return [mode] if (status.st_uid, status.st_gid) == (0, 0) else [mode, f"{status.st_uid}:{status.st_gid}"]
