"""What apt's configuration comes to, whatever file says it: lists are merged from all of them."""

from __future__ import annotations

import re
from collections.abc import Collection

from .. import host
from ..controls import Found

_LINE = re.compile(r'^(?P<name>\S+?)(?:::)? "(?P<value>.*)";$')


def look(_names: Collection[str]) -> Found:
    """Ask apt itself, once for all."""
    return read(host.ask(["apt-config", "dump"]))


def read(text: str) -> Found:
    """Read what ``apt-config dump`` prints; an element of a list is one word, whatever is in it."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if (one := _LINE.match(line)) and one["value"]:
            found.setdefault(one["name"].lower(), []).append(one["value"])
    return found
