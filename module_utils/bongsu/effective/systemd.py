"""What systemd has loaded: properties of itself (``DefaultLimitCORE``), or of a unit (``UNIT/ProtectSystem``)."""

from __future__ import annotations

from collections.abc import Collection

from .. import host
from ..controls import Found, words


def look(names: Collection[str]) -> Found:
    """Ask systemd once about itself and once about each unit."""
    asked: dict[str, set[str]] = {}
    for name in names:
        unit, _, prop = name.rpartition("/")
        asked.setdefault(unit, set()).add(prop)
    return {name: value for unit, props in sorted(asked.items()) for name, value in _ask(unit, props).items()}


def _ask(unit: str, props: Collection[str]) -> dict[str, list[str]]:
    command = ["systemctl", "show", f"--property={','.join(sorted(props))}", *([unit] if unit else [])]
    return read(unit, host.ask(command))


def read(unit: str, text: str) -> dict[str, list[str]]:
    """Read what ``systemctl show`` prints, one property a line."""
    rows = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {f"{unit}/{name}".lstrip("/").lower(): words(value) for name, _, value in rows}
