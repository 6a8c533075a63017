"""Settings of sshd that not every release of it has: an older one would not start with them in a file of its own."""

from __future__ import annotations

from collections.abc import Collection

from ..controls import Found, Unavailable
from . import sshd


def look(names: Collection[str]) -> Found:
    """Ask sshd; what it does not name, it has no option for: these are all told, be they set or not."""
    found = sshd.look(names)
    lacking = Unavailable("is no option of this release of sshd")
    return {name.lower(): found.get(name.lower(), lacking) for name in names}
