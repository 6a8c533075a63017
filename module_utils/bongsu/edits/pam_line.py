"""One line of a PAM stack. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPES = ("account", "auth", "password", "session")
_LINE = re.compile(r"-?(\w+)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)")
_JUMP = re.compile(r"=(\d+)")


@dataclass(frozen=True)
class Line:
    """A rule: of what type, what becomes of the module's answer, which module, and its arguments.

    ``optional`` says that the line begins with ``-``: a module that is not there is no error.
    """

    type: str
    control: str
    module: str
    arguments: tuple[str, ...]
    optional: bool = False


def parse(line: str) -> Line | None:
    """Read a line; None where it is no rule (a comment, an @include, nothing)."""
    plain = line.partition("#")[0].strip()
    found = _LINE.fullmatch(plain)
    if not found or found[1].lower() not in TYPES:
        return None
    control = " ".join(found[2].split())
    return Line(found[1].lower(), control, found[3], tuple(found[4].split()), plain.startswith("-"))


def shifted(line: str, over: int, by: int) -> str:
    """Return a line whose jumps over at least so many rules go ``by`` rules further."""
    head, bracket, rest = line.partition("[")
    if not bracket or parse(line) is None:
        return line
    control, end, tail = rest.partition("]")
    longer = _JUMP.sub(lambda jump: f"={int(jump[1]) + by}" if int(jump[1]) >= over else jump[0], control)
    return f"{head}[{longer}{end}{tail}"


def jumps(line: Line) -> list[int]:
    """Return how many rules each of a line's jumps skips."""
    return [int(number) for number in _JUMP.findall(line.control)]
