"""What the kernel itself says, in /proc/sys. A name may have ``*`` in it, as for one setting of every interface."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from ..controls import Fixed, Found, Unavailable, Unknown, words

ROOT = "/proc/sys"


def look(names: Collection[str]) -> Found:
    """Read each setting as it is now."""
    return {name.lower(): _look(name) for name in names}


def paths(name: str) -> list[str]:
    """List the files of a setting, named as in sysctl.d(5): whichever comes first, dot or slash, parts the name."""
    path = os.path.join(ROOT, name if "/" in name.partition(".")[0] else name.replace(".", "/"))
    return sorted(glob.glob(path)) if "*" in name else [path] if os.path.exists(path) else []


def _look(name: str) -> list[str] | Fixed | Unavailable | Unknown:
    values = {}
    for path in paths(name):
        try:
            values[path] = words(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:  # an interface has gone meanwhile
            continue
        except OSError as error:
            return Unknown(f"{name} cannot be read: {error.strerror}")
    if not values:
        return Unavailable("is not known to this kernel")
    told = summary(name, values)
    refusals = [_refusal(path) for path in values]
    return Fixed(told, f"it cannot be set here ({refusals[0]})") if all(refusals) else told


def summary(name: str, values: Mapping[str, list[str]]) -> list[str]:
    """Return the value that most have, and each other one with what has it (``eth0=1``)."""
    listed = list(values.values())
    common = max(listed, key=listed.count)
    before = os.path.join(ROOT, name.replace(".", "/")).partition("*")[0]
    others = [
        f"{path.removeprefix(before).partition('/')[0]}={' '.join(value)}"
        for path, value in values.items()
        if value != common
    ]
    return [*common, *others]


def _refusal(path: str) -> str:
    """Say why a setting cannot be written, empty if it can be.

    Opened, and nothing written: the kernel refuses that in a container, where /proc/sys is read-only or belongs to
    another user, and what is as it should not be but could be set remains a finding. Nothing changes by it.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
    except OSError as error:
        return str(error.strerror)
    return ""
