"""Bring packages back to what they were before a run, as its journal tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..errors import BongsuError
from . import apt, fetched, interrupted


def restore(packages: dict[str, Any]) -> tuple[list[str], bool]:
    """Bring replaced packages back where apt still has them, then take the new ones away again.

    Return what could not be done, and whether only somebody else's dpkg was in the way.
    """
    if not any(packages.values()):
        return [], False
    troubles: dict[object, BongsuError] = {}
    for step in (_finish, _unhold, _bring_back, _take_away, _hold):
        try:
            step(packages)
        except BongsuError as error:
            troubles[step] = error
    # What could not be configured has gone, or is of another version; or another dpkg is at work, on what is not ours.
    if _finish in troubles and (not apt.read_status().unfinished or are_back(packages)):
        del troubles[_finish]
    words = [f"the packages are not all as they were: {error}" for error in troubles.values()]
    return words, any(isinstance(error, apt.BusyError) for error in troubles.values())


def give_back(gone: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Bring packages back whose place others had taken: as they were, or else the newest; tell where they cannot come.

    ``gone`` is as in packages.Coming.
    """
    missing = {name: was["version"] for name, was in gone.items() if name not in apt.read_status().versions}
    try:
        if missing:
            _install_some_version(missing)
        apt.mark_automatic(name for name in missing if gone[name]["automatic"])
    except BongsuError as error:
        return [f"{', '.join(missing)} could not be brought back: {error}"]
    return []


def _install_some_version(versions: Mapping[str, str]) -> None:
    try:
        fetched.install(versions)
    except BongsuError:  # no repository has that version any more, and apt had not fetched it
        apt.install_exactly(sorted(versions))


def are_back(packages: dict[str, Any]) -> bool:
    """Tell whether none of the new packages is here any more, and the replaced ones are as they were."""
    if not any(packages.values()):
        return False
    status = apt.read_status()
    here = {*status.versions, *status.halfway}
    back = all(status.versions.get(name) == old for name, old in packages["replaced"].items())
    return back and not here.intersection(packages["new"])


def _finish(packages: dict[str, Any]) -> None:
    interrupted.finish(packages["new"])


def _unhold(packages: dict[str, Any]) -> None:
    apt.hold(sorted(apt.read_status().held.intersection(packages["held"])), held=False)


def _bring_back(packages: dict[str, Any]) -> None:
    has = apt.read_status().versions
    back = {name: old for name, old in packages["replaced"].items() if has.get(name) != old}
    if back:
        fetched.install(back)
    # A journal of an earlier version has neither of these.
    apt.mark_automatic(packages.get("automatic", []))
    for path in set(apt.offered(packages["replaced"])).difference(packages.get("offered", [])):
        os.unlink(path)


def _take_away(packages: dict[str, Any]) -> None:
    kept = apt.take_away(packages["new"], sparing=packages["existed"], remnants=packages["remnants"])
    if kept:
        raise BongsuError(f"{', '.join(kept)} stays: something else needs it")


def _hold(packages: dict[str, Any]) -> None:
    apt.hold([name for name in packages["released"] if name in apt.read_status().versions])
