"""Rules of the kernel's audit: from one of the table of controls to those of a host, and as auditctl prints them. Pure.

The table's rules are auditctl's words without the list and the key, in one of three forms: ``-w PATH -p PERMISSIONS``;
``-S CALL,… [-F …]``, which becomes one rule for each ABI of the machine, with those calls that it knows; and
``-F path=PATH -F perm=x [-F …]``, where ``{privileged}`` stands for each program that runs as somebody else than who
starts it.
"""

from __future__ import annotations

import errno
import os.path
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

PRIVILEGED = "{privileged}"
# The kernel's names of a machine: ABI, as auditctl calls it -> architecture, as ausyscall does. Others are unknown.
ABIS: dict[str, dict[str, str]] = {
    "x86_64": {"b64": "x86_64", "b32": "i386"},
    "aarch64": {"b64": "aarch64", "b32": "arm"},
    "s390x": {"b64": "s390x", "b32": "s390"},
    "ppc64le": {"b64": "ppc64le"},
    "i686": {"b32": "i386"},
    "armv7l": {"b32": "arm"},
}
_TEST = re.compile(r"([a-z0-9_]+)(!=|>=|<=|&=|=|>|<|&)(.*)\Z")
_NOBODY = ("-1", "4294967295")


@dataclass(frozen=True)
class Rule:
    """A rule in a form that does not depend on how it was written; no ``calls`` are all calls."""

    action: str
    calls: frozenset[str]
    tests: frozenset[tuple[str, str, str]]
    key: str


def parse(line: str) -> Rule | None:
    """Read a rule as somebody writes it or as ``auditctl -l`` prints it; None where the line is none."""
    action, key = "always,exit", ""
    calls: set[str] = set()
    tests: set[tuple[str, str, str]] = set()
    words = line.split()
    if len(words) % 2 or not words or words[0] not in ("-w", "-a", "-A"):
        return None
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option in ("-a", "-A"):
            action = ",".join(sorted(value.split(",")))
        elif option == "-S":
            calls.update(set(value.split(",")) - {"all"})
        elif option == "-k":
            key = value
        elif option in ("-w", "-p"):
            tests.add(_test("path" if option == "-w" else "perm", "=", value))
        elif option in ("-F", "-C") and (found := _TEST.match(value)):
            name, operator, wanted = found.groups()
            if name == "key":
                key = wanted
            else:
                tests.add(_test(name, operator, wanted))
        else:
            return None
    return Rule(action, frozenset(calls), frozenset(tests), key)


def _test(name: str, operator: str, value: str) -> tuple[str, str, str]:
    """Bring a test into one form: auditctl prints numbers for some words, and ``-w`` for a path or a directory."""
    if name in ("path", "dir"):
        return "path", operator, value.rstrip("/") or "/"
    if name == "perm":
        return name, operator, "".join(sorted(value))
    if name.endswith("uid") and value.endswith("uid"):  # a comparison of two, in any order
        return *sorted((name, value)), operator  # type: ignore[return-value]  # three words all the same
    if name == "auid" and value in _NOBODY:
        return name, operator, "unset"
    if name == "exit" and value.startswith("-E"):
        return name, operator, str(-getattr(errno, value[1:], 0))
    if re.fullmatch(r"a[0-3]", name):
        return name, operator, str(int(value, 0))
    return name, operator, value


def expand(
    rule: str, abis: Mapping[str, Collection[str]], programs: Iterable[str], there: Callable[[str], bool]
) -> list[str]:
    """Return what a rule of the table comes to here, in auditctl's words without a key; nothing where nothing of it is.

    ``abis`` has the system calls that each ABI of the machine knows, ``programs`` what ``{privileged}`` stands for, and
    ``there`` tells whether a directory is: the kernel refuses to watch what would be in none.
    """
    if rule.startswith("-S "):
        _, calls, *rest = rule.split(" ", 2)
        known = {abi: [call for call in calls.split(",") if call in names] for abi, names in abis.items()}
        return [
            " ".join(["-a always,exit", "-F", f"arch={abi}", "-S", ",".join(here), *rest])
            for abi, here in known.items()
            if here
        ]
    if PRIVILEGED in rule:
        return [f"-a always,exit {rule.replace(PRIVILEGED, program)}" for program in programs]
    line = rule if rule.startswith("-w ") else f"-a always,exit {rule}"
    return [line] if there(os.path.dirname(watched(line))) else []


def watched(line: str) -> str:
    """Return the path that a rule watches, empty where it watches none."""
    rule = parse(line)
    return next((value for name, _, value in rule.tests if name == "path"), "") if rule else ""


def with_key(line: str, key: str) -> str:
    """Add to a rule the key under which its records are found."""
    return f"{line} -k {key}" if line.startswith("-w ") else f"{line} -F key={key}"


def status(text: str) -> dict[str, str]:
    """Read what ``auditctl -s`` prints, one value a line."""
    rows = (line.partition(" ") for line in text.splitlines())
    return {name: value for name, _, value in rows}
