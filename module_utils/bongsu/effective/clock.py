"""Whether the clock follows time servers, as chronyd says: ``followed`` is yes or no."""

from __future__ import annotations

from collections.abc import Collection

from ..controls import Found
from ..errors import BongsuError
from . import chrony

_LEAP = 13  # the place in what chronyc tells of tracking: whether the clock is followed, and leap seconds to come
_NOT_FOLLOWED = "Not synchronised"


def look(_names: Collection[str]) -> Found:
    """Ask the daemon."""
    return {"followed": ["yes" if follows(chrony.ask("chronyc", "-c", "tracking")) else "no"]}


def follows(text: str) -> bool:
    """Tell from ``chronyc -c tracking`` whether the clock is followed."""
    told = text.strip().split(",")
    if len(told) <= _LEAP:
        raise BongsuError(f"chronyc tells nothing of tracking: {text}")
    return told[_LEAP] != _NOT_FOLLOWED
