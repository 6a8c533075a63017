"""What the kernel's audit does, as it says itself: its settings, its rules, and whether the records are written.

A setting is one of ``auditctl -s``; or ``daemon`` (``running`` where one takes the records), ``writing`` (``yes`` where
that one writes them to disk, and has not suspended itself); or a rule of the table, which has for its value the key
under which the kernel has it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from .. import audit_rules, host
from .. import audit_rules_host as here
from ..controls import Fixed, Found, Unavailable, Unknown
from ..errors import BongsuError

STATE = Path("/run/auditd.state")  # auditd writes it when it is told SIGCONT
_LAST_LINE = "disk error detected"  # of what counts here
_PATIENCE = 3.0  # seconds
_WRITES = {"writing to logs": "yes", "logging suspended": "no", "disk error detected": "no"}
_FLUSHED = Unknown("the kernel has no rule at all")
_NOTHING = Unavailable("has nothing to watch on this host")


def look(names: Collection[str]) -> Found:
    """Ask the kernel, and the daemon where its own state is wanted."""
    now = here.ask()
    if isinstance(now, str):
        return dict.fromkeys((name.lower() for name in names), Unavailable(f"no audit here ({now})", of_all=True))
    found: dict[str, list[str] | Fixed | Unavailable | Unknown] = {name: [value] for name, value in now.items()}
    found["daemon"] = ["running"] if now["pid"] != "0" else []
    if "writing" in names:
        found["writing"] = _writing(int(now["pid"]))
    if rules := [name for name in names if name.startswith("-")]:
        found |= _rules(rules, host.ask(["auditctl", "-l"]))
    if now["enabled"] == here.LOCKED:
        found = {name: _fixed(value) for name, value in found.items()}
    return found


def _fixed(value: list[str] | Fixed | Unavailable | Unknown) -> list[str] | Fixed | Unavailable | Unknown:
    return Fixed(value, "it is locked until the next boot") if isinstance(value, list) else value


def _rules(names: Sequence[str], listed: str) -> dict[str, list[str] | Unavailable | Unknown]:
    """Tell of each rule of the table under which key the kernel has it, and what it lacks of it."""
    if not (keys := read(listed.splitlines())):
        return dict.fromkeys((name.lower() for name in names), _FLUSHED)
    return {name.lower(): compare(lines, keys) for name, lines in here.expand(names).items()}


def read(lines: Iterable[str]) -> dict[audit_rules.Rule, str]:
    """Read what ``auditctl -l`` prints: rule without its key -> key."""
    rules = [rule for line in lines if (rule := audit_rules.parse(line))]
    return {_nameless(rule): rule.key for rule in rules}


def compare(lines: Sequence[str], keys: Mapping[audit_rules.Rule, str]) -> list[str] | Unavailable:
    """Return the keys under which the rules are there, and those that are not, where others are."""
    if not lines:
        return _NOTHING
    parsed = {line: rule for line in lines if (rule := audit_rules.parse(line))}
    there = sorted({keys[rule] for rule in parsed.values() if rule in keys})
    lacking = [line for line, rule in parsed.items() if rule not in keys]
    return [*there, *(f"without {line}" for line in lacking)] if there else []


def _nameless(rule: audit_rules.Rule) -> audit_rules.Rule:
    return audit_rules.Rule(rule.action, rule.calls, rule.tests, "")


def _writing(pid: int) -> list[str] | Unknown:
    """Have the daemon report what it does; a disk that was full may have made it stop for good."""
    if not pid:
        return []
    STATE.unlink(missing_ok=True)
    try:
        os.kill(pid, signal.SIGCONT)
    except OSError as error:
        raise BongsuError(f"auditd, process {pid}, cannot be asked: {error.strerror}") from error
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if STATE.exists() and _LAST_LINE in (text := STATE.read_text(encoding="utf-8", errors="replace")):
            return ["yes"] if not (wrong := complaints(text)) else wrong
        time.sleep(0.005)
    return Unknown(f"auditd, process {pid}, has not reported its state within {_PATIENCE:g} s")


def complaints(text: str) -> list[str]:
    """Read the daemon's report: what keeps it from writing."""
    said = dict(line.partition(" = ")[::2] for line in text.splitlines())
    return [f"{name}: {said[name]}" for name, value in _WRITES.items() if said.get(name, value) != value]
