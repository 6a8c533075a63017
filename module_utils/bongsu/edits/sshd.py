"""Options in sshd's own file, /etc/ssh/sshd_config, for everybody: before its first Match block. Pure.

``{"values": {OPTION: VALUE}}``: options are known by their names in whatever case, with blanks or ``=`` behind them.
Of several lines that set the same sshd takes the first, and one is left. What a Match block says is for some: it stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import settings


def check(wanted: Mapping[str, Any]) -> str:
    """Say what is wrong with what is wanted."""
    return settings.check(wanted) if wanted.keys() == {"values"} else "takes values, a mapping"


def apply(wanted: Mapping[str, Any], text: str, place: str) -> str:
    """Write each option where it first stands, and once; before the first Match block where it stands nowhere."""
    general, blocks = _parted(text)
    return settings.apply({**wanted, "any_case": True}, general, place) + blocks


def revert(wanted: Mapping[str, Any], text: str, original: str) -> str:
    """Give back the lines that each option had; one that somebody has set to something else since stays."""
    general, blocks = _parted(text)
    return settings.revert({**wanted, "any_case": True}, general, _parted(original)[0]) + blocks


def _parted(text: str) -> tuple[str, str]:
    """Part the file into what is for everybody and its Match blocks, which reach to the end."""
    lines = text.splitlines(keepends=True)
    first = next(iter(settings.places("match", lines, any_case=True)), len(lines))
    return "".join(lines[:first]), "".join(lines[first:])
