"""Bring packages back to what they were before a run, as its journal tells."""

from __future__ import annotations

from typing import Any

from ..errors import BongsuError
from . import apt


def restore(packages: dict[str, Any]) -> list[str]:
    """Bring replaced packages back where apt still has them, then take the new ones away again."""
    if not any(packages.values()):
        return []
    troubles = []
    for step in (_finish, _unhold, _bring_back, _take_away, _hold):
        try:
            step(packages)
        except BongsuError as error:
            troubles.append(f"the packages are not all as they were: {error}")
    return troubles


def _finish(packages: dict[str, Any]) -> None:  # noqa: ARG001  # one of five alike
    apt.finish_interrupted()


def _unhold(packages: dict[str, Any]) -> None:
    apt.hold(sorted(apt.read_status().held.intersection(packages["held"])), held=False)


def _bring_back(packages: dict[str, Any]) -> None:
    has = apt.read_status().versions
    back = [f"{name}={old}" for name, old in packages["replaced"].items() if has.get(name) != old]
    if back:
        apt.install(back)


def _take_away(packages: dict[str, Any]) -> None:
    kept = apt.take_away(packages["new"], sparing=packages["existed"], remnants=packages["remnants"])
    if kept:
        raise BongsuError(f"{', '.join(kept)} stays: something else needs it")


def _hold(packages: dict[str, Any]) -> None:
    apt.hold([name for name in packages["released"] if name in apt.read_status().versions])
