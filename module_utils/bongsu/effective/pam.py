"""Which rules of PAM decide for a service, and what becomes of a right and of a wrong password there.

Settings are named SERVICE/TYPE/MODULE (is there such a rule?), SERVICE/TYPE/MODULE/ARGUMENT (with that argument?),
SERVICE/TYPE/missing (modules that are named and not there), and SERVICE/wrong-password and SERVICE/right-password.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from ..controls import Found
from ..edits.pam_line import Line, parse
from ..errors import BongsuError
from .pam_run import outcome

DIRECTORIES = (Path("/etc/pam.d"), Path("/usr/lib/pam.d"))
_DEEPEST = 16  # includes within includes, as deep as libpam follows them
Reader = Callable[[str], "str | None"]


def look(names: Collection[str]) -> Found:
    """Follow the files as libpam does, at each login anew."""
    return {name.lower(): _words(name, read_service, is_there) for name in names}


def read_service(name: str) -> str | None:
    """Return the text of a service's file; None where there is none."""
    for directory in DIRECTORIES:
        try:
            return (directory / name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
    return None


def is_there(module: str) -> bool:
    """Tell whether a module can be loaded from where libpam looks for it."""
    if module.startswith("/"):
        return Path(module).exists()
    return any(
        any(Path("/").glob(f"{place}/security/{module}")) for place in ("lib/*-linux-*", "usr/lib/*-linux-*", "lib")
    )


def stack(service: str, kind: str, read: Reader) -> list[Line]:
    """Return the rules of one type that decide for a service, those of what it includes among them."""
    text = read(service)
    if text is None:
        text = read("other")
    return [] if text is None else list(_rules(text, kind, read, 0))


def _rules(text: str, kind: str, read: Reader, depth: int) -> Iterable[Line]:
    if depth > _DEEPEST:
        raise BongsuError("PAM's files include each other without end")
    for line in text.replace("\\\n", " ").splitlines():
        first, *rest = line.partition("#")[0].split() or [""]
        rule = parse(line)
        if first == "@include" and rest:
            yield from _rules(read(rest[0]) or "", kind, read, depth + 1)
        elif rule and rule.type == kind and rule.control in ("include", "substack"):
            yield from _rules(read(rule.module) or "", kind, read, depth + 1)
        elif rule and rule.type == kind:
            yield rule


def _words(name: str, read: Reader, there: Callable[[str], bool]) -> list[str]:
    service, kind, *rest = name.split("/", 3)
    if kind in ("wrong-password", "right-password"):
        return outcome(stack(service, "auth", read), right=kind == "right-password")
    rules = stack(service, kind, read)
    if rest == ["missing"]:
        return sorted({rule.module for rule in rules if not rule.optional and not there(rule.module)}) or ["none"]
    return ["yes" if _has(rules, *rest) else "no"]


def _has(rules: Sequence[Line], module: str = "", argument: str | None = None) -> bool:
    return any(rule.module == module and (argument is None or argument in rule.arguments) for rule in rules)
