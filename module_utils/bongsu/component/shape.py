"""Whether a manifest is whole: read by people and edited by them, it is judged before anything is done by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .. import edits
from ..errors import BongsuError
from . import manifest as manifests

Check = Callable[[Any], bool]


def read(text: str, place: str) -> dict[str, Any]:
    """Read a manifest; raise BongsuError naming ``place``, and what is wrong there, where it cannot be worked with."""
    manifest = manifests.parse(text, place)
    for key, checks in _LISTS.items():
        for number, entry in enumerate(manifest[key]):
            wrong = "not a mapping" if not isinstance(entry, dict) else _wrong(entry, checks)
            if wrong:
                raise _unusable(place, f"{key}[{number}] is {wrong}")
    for key, checks in _MAPPINGS.items():
        entries = manifest.get(key, {})
        if not isinstance(entries, dict):
            raise _unusable(place, f"{key} is not a mapping")
        for name, entry in entries.items():
            wrong = "not a mapping" if not isinstance(entry, dict) else _wrong(entry, checks)
            if wrong:
                raise _unusable(place, f"{key}.{name} is {wrong}")
    versions = manifest.get("versions", {})
    if not isinstance(versions, dict) or not all(map(_maybe_text, versions.values())):
        raise _unusable(place, "versions is not a mapping of names to versions")
    if not _maybe_text(manifest.get("doubtful")):
        raise _unusable(place, "doubtful is not a text")
    for key in ("brought", "remnants", "held", "parents"):
        names = manifest.get(key, [])
        if not isinstance(names, list) or not all(map(_text, names)):
            raise _unusable(place, f"{key} is not a list of {'directories' if key == 'parents' else 'packages'}")
    return manifest


def _wrong(entry: Mapping[str, Any], checks: Mapping[str, Check]) -> str:
    return next((f"without a proper '{key}'" for key, check in checks.items() if not check(entry.get(key))), "")


def _unusable(place: str, what: str) -> BongsuError:
    return BongsuError(f"{place} is no manifest of bongsu's: {what}; move it away and run again")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _maybe_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _like(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


# Names go to systemctl as they are: one that looks like an option must not get there.
_UNIT = _like(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.[a-z]+")
_DIGEST = _like("[0-9a-f]{64}")
_MODE = _like("[0-7]{3,5}")
_LISTS: dict[str, dict[str, Check]] = {
    "packages": {"name": _text, "version": _maybe_text},
    "files": {
        "dest": _like(r"/[^\0]*"),
        "state": _text,
        "sha256": _maybe_text,
        "owner": _text,
        "group": _text,
        "mode": lambda value: value is None or _MODE(value),
        "on_change": _text,
        "edit": lambda value: value is None or not edits.check(value),
        "units": lambda value: isinstance(value, list) and all(map(_text, value)),
    },
    "units": {
        "name": _UNIT,
        "enabled": _flag,
        "started": _flag,
        "masked": _flag,
        "as_found": lambda value: value is None or _flag(value),
    },
}
_MAPPINGS: dict[str, dict[str, Check]] = {
    "unit_files": {"fragment": _maybe_text, "dropins": _texts},
    "running": {"invocation": _text, "files": _texts},
    "originals": {
        "kind": _text,
        "owner": _text,
        "group": _text,
        "mode": _MODE,
        "backup": lambda value: value is None or _DIGEST(value),  # a file's name: it must lead nowhere else
        "target": _maybe_text,
    },
    "unit_originals": {"found": _flag, "enabled": _flag, "active": _flag, "masked": _flag},
}
