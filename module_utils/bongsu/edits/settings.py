"""Settings in a file of one setting a line, such as /etc/login.defs and /etc/security/faillock.conf. Pure.

``{"values": {NAME: VALUE}, "separator": " "}``: the value is a text or a number, ``true`` for a name that stands alone,
and ``null`` for one that is not to be there. What stands behind ``#`` is a comment. With ``any_case`` (for
sshd.py) a name is the same in small and in capital letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def check(wanted: Mapping[str, Any]) -> str:
    """Say what is wrong with what is wanted."""
    values = wanted.get("values")
    if wanted.keys() - {"values", "separator"} or not isinstance(values, Mapping):
        return "takes values, a mapping, and separator"
    if wanted.get("separator", " ").strip() not in ("", "="):
        return "separator is neither blank nor '='"
    for name, value in values.items():
        if not _NAME.match(str(name)) or not isinstance(value, str | int | None) or "\n" in str(value):
            return f"values: '{name}: {value}' is no setting in one line"
    return ""


def apply(wanted: Mapping[str, Any], text: str, _place: str) -> str:
    """Write each setting where it first stands, and once; at the end where it stands nowhere."""
    lines = text.splitlines(keepends=True)
    fold = bool(wanted.get("any_case"))
    for name, value in sorted(wanted["values"].items()):
        at = places(name, lines, any_case=fold)
        if value is None:
            lines = _replaced(lines, at, [])
        elif [words(lines[place])[1:] for place in at] != [words(_line(wanted, name, value))[1:]]:
            lines = _replaced(_ended(lines), at, [_line(wanted, name, value)])
    return "".join(lines)


def revert(wanted: Mapping[str, Any], text: str, original: str) -> str:
    """Give back the lines that each setting had; one that somebody has set to something else since stays."""
    lines, before = text.splitlines(keepends=True), original.splitlines(keepends=True)
    fold = bool(wanted.get("any_case"))
    for name, value in sorted(wanted["values"].items()):
        at = places(name, lines, any_case=fold)
        ours = [] if value is None else [words(_line(wanted, name, value))[1:]]
        if [words(lines[place])[1:] for place in at] == ours:
            lines = _replaced(_ended(lines), at, [before[place] for place in places(name, before, any_case=fold)])
    return "".join(lines)


def places(name: str, lines: list[str], *, any_case: bool = False) -> list[int]:
    """Tell which lines set ``name``."""
    same = str.lower if any_case else str
    return [number for number, line in enumerate(lines) if [same(one) for one in words(line)[:1]] == [same(name)]]


def _line(wanted: Mapping[str, Any], name: str, value: str | int) -> str:
    return f"{name}\n" if value is True else f"{name}{wanted.get('separator', ' ')}{value}\n"


def words(line: str) -> list[str]:
    """Part a line into its name and its value's words; ``=`` is as good as a blank."""
    return line.partition("#")[0].replace("=", " ", 1).split()


def _replaced(lines: list[str], at: list[int], new: list[str]) -> list[str]:
    """Put ``new`` where the first of the lines ``at`` stands, and take those away."""
    first = at[0] if at else len(lines)
    return [*lines[:first], *new, *(line for place, line in enumerate(lines) if place >= first and place not in at)]


def _ended(lines: list[str]) -> list[str]:
    """Give the last line the end that it may lack."""
    return [*lines[:-1], lines[-1].rstrip("\n") + "\n"] if lines else []
