"""Rules in a PAM stack, laid where pam-auth-update would lay them. Pure.

``{"insert": [{"line": RULE, "place": PLACE, "profile": NAME}], "options": {MODULE: {"add": […], "remove": […]}}}``. A
place is ``first`` or ``last`` (in the block of pam-auth-update whose modules decide; in a stack without one, before all
rules, or before pam_deny.so), ``before MODULE``, ``after MODULE`` or ``end`` (of the file, which is the
administrator's). The profile is for ``pam_saved``. Options are those of each rule with that module.

A jump (``success=2``) counts rules: one that leads over a rule that comes or goes is made longer or shorter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BongsuError
from .pam_line import Line, jumps, parse, shifted

PRIMARY = '# here are the per-package modules (the "Primary" block)'
FALLBACK = "# here's the fallback if no module succeeds"
_PLACES = ("first", "last", "end")


def check(wanted: Mapping[str, Any]) -> str:
    """Say what is wrong with what is wanted."""
    if wanted.keys() - {"insert", "options"}:
        return "takes insert and options"
    for one in wanted.get("insert", []):
        place = str(one.get("place", ""))
        if place not in _PLACES and place.partition(" ")[0] not in ("before", "after"):
            return f"insert: '{place}' is no place; write one of {', '.join(_PLACES)}, 'before MODULE', 'after MODULE'"
        if parse(str(one.get("line", ""))) is None:
            return f"insert: '{one.get('line')}' is no rule; write it as 'TYPE CONTROL MODULE ARGUMENTS'"
    for module, options in wanted.get("options", {}).items():
        if not isinstance(options, Mapping) or options.keys() - {"add", "remove"}:
            return f"options: {module} takes add and remove, each a list"
    return ""


def apply(wanted: Mapping[str, Any], text: str, place: str) -> str:
    """Put in each rule that is not there, and change the options of those that are."""
    lines = text.splitlines()
    for one in wanted.get("insert", []):
        lines = _with(one["line"], one["place"], lines, place)
    for module, options in sorted(wanted.get("options", {}).items()):
        lines = [_changed(line, module, options.get("add", ()), options.get("remove", ())) for line in lines]
    return _joined(lines, text)


def revert(wanted: Mapping[str, Any], text: str, original: str) -> str:
    """Take out the rules that were not there before, and the options that were different."""
    lines, before = text.splitlines(), original.splitlines()
    for one in wanted.get("insert", []):
        if _where(parse(one["line"]), before) is None and (at := _where(parse(one["line"]), lines)) is not None:
            lines = _without(at, lines)
    for module, options in sorted(wanted.get("options", {}).items()):
        had = {
            option for line in before if (rule := parse(line)) and rule.module == module for option in rule.arguments
        }
        came = [option for option in options.get("add", ()) if option not in had]
        went = [option for option in options.get("remove", ()) if option in had]
        lines = [_changed(line, module, went, came) for line in lines]
    return _joined(lines, text)


def _with(line: str, where: str, lines: list[str], place: str) -> list[str]:
    rule = parse(line)
    if rule is None or _where(rule, lines) is not None:
        return lines
    silenced = _where(rule, [old.strip().lstrip("#") if old.strip().startswith("#") else "" for old in lines])
    if silenced is not None:  # somebody made a comment of it
        lines, at = lines[:silenced] + lines[silenced + 1 :], silenced
    else:
        at = _at(rule, where, lines, place)
    return [*_stretched(rule.type, at, lines, 1, place), line, *lines[at:]]


def _without(at: int, lines: list[str]) -> list[str]:
    rule = parse(lines[at])
    if rule is None:
        return lines
    return [*_stretched(rule.type, at, lines, -1, ""), *lines[at + 1 :]]


def _where(rule: Line | None, lines: list[str]) -> int | None:
    """Find a rule, with any length of its jumps."""
    return next((at for at, line in enumerate(lines) if rule is not None and parse(line) == rule), None)


def _at(rule: Line, where: str, lines: list[str], place: str) -> int:
    """Return before which line a rule belongs."""
    rules = [(at, other) for at, line in enumerate(lines) if (other := parse(line)) and other.type == rule.type]
    verb, _, module = where.partition(" ")
    beside = [at for at, other in rules if other.module == module]
    if beside and verb in ("before", "after"):
        return beside[0] if verb == "before" else beside[-1] + 1
    if verb == "end":
        return len(lines)
    if verb in ("first", "after"):
        if PRIMARY in lines and verb == "first":
            return lines.index(PRIMARY) + 1
        return rules[0][0] if rules else len(lines)
    ends = (
        [lines.index(FALLBACK)] if FALLBACK in lines else [at for at, other in rules if other.module == "pam_deny.so"]
    )
    if not ends:
        raise BongsuError(
            f"{place} has neither the block of pam-auth-update nor a pam_deny.so, before which "
            f"'{' '.join([rule.control, rule.module, *rule.arguments])}' would belong; put it there by hand"
        )
    return ends[0]


def _stretched(kind: str, at: int, lines: list[str], by: int, place: str) -> list[str]:
    """Return the lines before ``at`` with their jumps over it made longer or shorter."""
    result, between = [], 0  # rules between a line and the place
    for line in reversed(lines[:at]):
        if "include" in line.partition("#")[0] and any(
            jumps(rule) for other in lines[:at] if (rule := parse(other)) and rule.type == kind
        ):
            raise BongsuError(f"{place}: rules jump over '{line}', and how many are in there is not known here")
        rule = parse(line)
        counts = rule is not None and rule.type == kind
        result.append(shifted(line, between + 1, by) if counts else line)
        between += counts
    return result[::-1]


def _changed(line: str, module: str, add: Any, remove: Any) -> str:
    """Return a rule of that module with options added and removed; any other line as it is."""
    rule = parse(line)
    if rule is None or rule.module != module:
        return line
    kept = [option for option in rule.arguments if option not in remove]
    kept += [option for option in add if option not in kept]
    if kept == [*rule.arguments]:
        return line
    head = line[: line.index(module) + len(module)]
    return " ".join([head, *kept])


def _joined(lines: list[str], text: str) -> str:
    if lines == text.splitlines():
        return text
    return "".join(f"{line}\n" for line in lines)
