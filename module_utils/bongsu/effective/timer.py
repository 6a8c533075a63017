"""Whether timers run, and come back at boot."""

from __future__ import annotations

from collections.abc import Collection

from .. import host
from ..controls import Found


def look(names: Collection[str]) -> Found:
    """Ask systemd, once for all: whether each is active, and enabled."""
    states = host.unit_states(sorted(names))
    return {
        name.lower(): ["active" if one.active else "inactive", "enabled" if one.enabled else "disabled"]
        for name, one in states.items()
    }
