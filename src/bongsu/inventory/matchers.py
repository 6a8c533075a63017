"""Alertmanager's matchers: `severity="page"`, `{team=~"db|web", env!="test"}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import KeyPath

_HOW = "write it as 'severity=\"page\"', with =, !=, =~ or !~"
_MATCHER = re.compile(r'\s*([A-Za-z_:][A-Za-z0-9_:]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"\s,{}][^",{}]*|)\s*')
# Go's regular expressions have these and Python's do not: they cannot be judged here.
_GO_ONLY = re.compile(r"\\[pPzQEC]|\[\[:|\(\?[a-zA-Z-]*U")


def check_matchers(matchers: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield (key path, message) for each matcher that Alertmanager would refuse."""
    if matchers is None:
        return
    if not isinstance(matchers, list):
        yield path, f"is not a list; begin each matcher with '- ' and {_HOW}"
        return
    for position, matcher in enumerate(matchers):
        wrong = _wrong(matcher)
        if wrong:
            yield (*path, position), wrong


def _wrong(matcher: Any) -> str | None:
    if isinstance(matcher, dict):
        return f"is a mapping; quote the whole matcher: {_HOW}"
    if not isinstance(matcher, str):
        return None
    text = matcher.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    position = 0
    while True:
        found = _MATCHER.match(text, position)
        if found is None:
            return f"'{matcher}' is not a matcher; {_HOW}"
        wrong = _wrong_pattern(found[2], found[3])
        if wrong:
            return wrong
        position = found.end()
        if position == len(text) or text[position:].strip() == ",":
            return None
        if text[position] != ",":
            return f"'{matcher}' is not a matcher; {_HOW}"
        position += 1


def _wrong_pattern(operator: str, value: str) -> str | None:
    if "~" not in operator or _GO_ONLY.search(value):
        return None
    pattern = value[1:-1] if value.startswith('"') else value
    try:
        re.compile(pattern)
    except re.error as error:
        return f"'{pattern}' is not a regular expression ({error}); close or escape what it opens"
    return None
