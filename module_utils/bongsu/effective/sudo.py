"""What sudo's defaults come to for everybody, whatever file in /etc/sudoers.d says it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from .. import host
from ..controls import Found
from ..errors import BongsuError

_COMMAND = ("/usr/bin/cvtsudoers", "-f", "json", "/etc/sudoers")


def look(names: Collection[str]) -> Found:
    """Have sudo's own tool read its files, in the order in which sudo does."""
    output = host.run(_COMMAND)
    try:
        if output.status == 0:
            return read(json.loads(output.text), names)
    except ValueError:
        pass
    raise BongsuError(f"{' '.join(_COMMAND)}: {output.text}")


def read(rules: Mapping[str, Any], names: Collection[str]) -> Found:
    """Return the last word on each default: ``yes`` or ``no`` for a flag; what binds some users only does not count."""
    found: dict[str, list[str]] = {name.lower(): [] for name in names}
    for entry in rules.get("Defaults", []):
        for option in entry["Options"] if "Binding" not in entry else []:
            found.update((name.lower(), [_shown(value)]) for name, value in option.items())
    return {name: words for name, words in found.items() if words}


def _shown(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
