"""Options of a mount in /etc/fstab. Pure.

``{"at": "/dev/shm", "what": "tmpfs", "type": "tmpfs", "options": ["nodev"]}``: a line that mounts something there gets
the options, in place of those that say the contrary, and otherwise stays. Where there is none, one is made, of ``what``
and ``type``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_CONTRARY = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
_PATH = re.compile(r"/[A-Za-z0-9/._-]*\Z")


def check(wanted: Mapping[str, Any]) -> str:
    """Say what is wrong with what is wanted."""
    if wanted.keys() != {"at", "what", "type", "options"} or not _PATH.match(str(wanted["at"])):
        return "takes at (a path), what, type and options"
    strange = [one for one in wanted["options"] if one not in _CONTRARY]
    return f"options: write some of {', '.join(sorted(_CONTRARY))}" if strange or not wanted["options"] else ""


def apply(wanted: Mapping[str, Any], text: str, _place: str) -> str:
    """Give each line for that place the options; add a line where there is none."""
    lines = text.splitlines(keepends=True)
    if not any(_is_for(wanted, line) for line in lines):
        ended = "" if not text or text.endswith("\n") else "\n"
        return text + ended + f"{wanted['what']} {wanted['at']} {wanted['type']} {','.join(wanted['options'])} 0 0\n"
    return "".join(_with(wanted, line) if _is_for(wanted, line) else line for line in lines)


def revert(wanted: Mapping[str, Any], text: str, original: str) -> str:
    """Give back the lines that mounted something there before; one that somebody has changed since stays."""
    lines, before = text.splitlines(keepends=True), original.splitlines(keepends=True)
    made = apply(wanted, original, "").splitlines()
    ours = {line for line in made if _is_for(wanted, line)}
    old = {_with(wanted, line).rstrip("\n"): line for line in before if _is_for(wanted, line)}
    return "".join(old.get(line.rstrip("\n"), "") if line.rstrip("\n") in ours else line for line in lines)


def _is_for(wanted: Mapping[str, Any], line: str) -> bool:
    fields = line.split()
    return len(fields) > 3 and not fields[0].startswith("#") and fields[1] == wanted["at"]


def _with(wanted: Mapping[str, Any], line: str) -> str:
    """Return the line with the options, blank for blank as it is where it has them."""
    has = line.split()[3].split(",")
    contrary = {_CONTRARY[one] for one in wanted["options"]}
    kept = [one for one in has if one not in contrary]
    options = ",".join([*kept, *(one for one in wanted["options"] if one not in kept)])
    match = re.match(r"(\s*\S+\s+\S+\s+\S+\s+)(\S+)", line)
    return line if match is None else match[1] + options + line[match.end() :]
