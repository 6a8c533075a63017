"""Whether the kernel confines programs by AppArmor: ``enabled``, and ``profiles`` (loaded: there are some)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..controls import Found, Unavailable
from . import mounts

ENABLED = Path("/sys/module/apparmor/parameters/enabled")
PROFILES = Path("/sys/kernel/security/apparmor/profiles")


def look(names: Collection[str]) -> Found:
    """Ask the kernel."""
    if mounts.CONTAINER.exists():
        return {name.lower(): Unavailable("is for the container's host to say") for name in names}
    if not ENABLED.exists():
        return {name.lower(): Unavailable("is not known to this kernel") for name in names}
    enabled = ENABLED.read_text(encoding="ascii").strip() == "Y"
    loaded = enabled and PROFILES.exists() and bool(PROFILES.read_text(encoding="utf-8").strip())
    return {"enabled": ["yes" if enabled else "no"], "profiles": ["loaded" if loaded else "none"]}
