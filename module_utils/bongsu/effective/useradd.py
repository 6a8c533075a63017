"""What /etc/default/useradd says to useradd of each new account."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..controls import Found

PATH = Path("/etc/default/useradd")


def look(_names: Collection[str]) -> Found:
    """Read the file: nothing else decides."""
    try:
        return read(PATH.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return {}


def read(text: str) -> Found:
    """Return what each setting is set to: of two, useradd takes the last."""
    lines = [line.strip().partition("=") for line in text.splitlines() if not line.lstrip().startswith("#")]
    return {name.strip().lower(): [value.strip()] for name, equals, value in lines if equals}
