"""Whether a security control is in effect: what its role has set, held against what the host says is so. Pure.

A role leaves its controls on the host as one JSON document:
``{"role": NAME, "controls": [{"id": ID, "state": "applied" | "waived", KIND: {setting: wanted}, …}]}``. KIND says how
the effective settings are found out (see effective/); a waived control has ``reason`` and ``until`` (a day) instead.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .errors import BongsuError

NO_KINDS = frozenset({"id", "state", "reason", "until"})  # what else a control of a document may say
_ALIASES = {"without-password": "prohibit-password"}  # as sshd prints an older name of the same


@dataclass(frozen=True)
class Unavailable:
    """Stands for the words of a setting that this host cannot have: its kernel, or the container it is, has none.

    ``of_all`` where the reason is that of every setting of its kind: it is told once, and names none.
    """

    why: str
    of_all: bool = False


@dataclass(frozen=True)
class Unknown:
    """Stands for the words of a setting that cannot be found out, as when a daemon does not answer."""

    why: str


@dataclass(frozen=True)
class Fixed:
    """Stands for a setting whose ``words`` are in effect, and that nobody can change on this host."""

    words: list[str]
    why: str


Found = Mapping[
    str, "list[str] | Fixed | Unavailable | Unknown"
]  # lower-case name of a setting -> the words that are in effect


@dataclass(frozen=True)
class Verdict:
    """One control of a role and its state, with what is wrong, why it is waived or why it cannot be.

    The state is ``applied``, ``waived``, ``ineffective``, or ``unavailable`` where nothing is wrong with what this host
    can have, and it cannot have all.
    """

    role: str
    control: str
    state: str
    words: tuple[str, ...] = ()
    until: float | None = None  # seconds since 1970: the end of a waiver


def read(text: str, place: str) -> tuple[str, list[dict[str, Any]]]:
    """Return a document's role and controls; BongsuError names the ``place`` that holds no such document."""
    try:
        document = json.loads(text)
        role, controls = document["role"], document["controls"]
        known = [one for one in controls if one["id"] and one["state"] in ("applied", "waived")]
    except (ValueError, KeyError, TypeError):
        known, controls, role = [], None, ""
    if controls != known:
        raise BongsuError(f"{place} is not as its role writes it; provision the host again")
    return role, known


def wanted(known: Iterable[Mapping[str, Any]], kinds: Collection[str]) -> dict[str, set[str]]:
    """Return, for each kind that some control has settings of, their names."""
    names: dict[str, set[str]] = {}
    for one in known:
        for kind in kinds:
            if one.get(kind):
                names.setdefault(kind, set()).update(one[kind])
    return names


def judge(role: str, control: Mapping[str, Any], found: Mapping[str, Found]) -> Verdict:
    """Hold a control against what was ``found`` of each kind of setting."""
    if control["state"] == "waived":
        return Verdict(role, control["id"], "waived", (control["reason"],), _ends(control["until"]))
    wrong: list[str] = []
    missing: list[str] = []
    for kind in found:
        for setting, value in control.get(kind, {}).items():
            there = found[kind].get(setting.lower(), [])
            if isinstance(there, Unavailable):
                words = there.why if there.of_all else f"{setting} {there.why}"
                missing += [words] if words not in missing else []
            elif isinstance(there, Unknown):
                wrong += [there.why] if there.why not in wrong else []
            elif isinstance(there, Fixed):
                missing += [f"{words}: {there.why}" for words in _complaints(setting, value, there.words)]
            else:
                wrong += _complaints(setting, value, there)
    state = "ineffective" if wrong else "unavailable" if missing else "applied"
    return Verdict(role, control["id"], state, tuple(wrong or missing))


def metrics(verdicts: Iterable[Verdict]) -> bytes:
    """Write the text exposition format."""
    verdicts = sorted(verdicts, key=lambda one: (one.role, one.control))
    labels = {one: f'role="{one.role}",control="{one.control}"' for one in verdicts}
    lines = [
        "# HELP bongsu_control A security control of this host, and its state.",
        "# TYPE bongsu_control gauge",
        *(f'bongsu_control{{{labels[one]},state="{one.state}"}} 1' for one in verdicts),
        "# HELP bongsu_control_waived_until_timestamp_seconds When the waiver of a control ends.",
        "# TYPE bongsu_control_waived_until_timestamp_seconds gauge",
        *(
            f"bongsu_control_waived_until_timestamp_seconds{{{labels[one]}}} {one.until:.0f}"
            for one in verdicts
            if one.until is not None
        ),
    ]
    return ("\n".join(lines) + "\n").encode()


def words(value: object) -> list[str]:
    """Part a value into its words, at white space and commas."""
    return [word for word in re.split(r"[\s,]+", str(value)) if word]


def _complaints(setting: str, wanted: str | int | list[str], found: list[str]) -> list[str]:
    """Say what is not as wanted. ``-`` before a value: what must not be there, by patterns; ``+``: what must."""
    if isinstance(wanted, str) and wanted.startswith("+"):
        missing = [word for word in words(wanted[1:]) if _plain(word) not in map(_plain, found)]
        return [f"{setting} does not have {', '.join(missing)}"] if missing else []
    if isinstance(wanted, str) and wanted.startswith("-"):
        patterns = words(wanted[1:])
        left = [word for word in found if any(fnmatchcase(word, pattern) for pattern in patterns)]
        return [f"{setting} still has {', '.join(left)}"] if left else []
    listed = wanted if isinstance(wanted, list) else [wanted]
    whole = any(words(one) != [one] for one in found)  # elements that have commas or white space of their own
    wanted_words = [str(one) for one in listed] if whole else [word for one in listed for word in words(one)]
    if {*map(_plain, wanted_words)} == {*map(_plain, found)}:
        return []
    return [f"{setting} is {_quoted(found)}, and should be {_quoted(wanted_words)}"]


def _plain(word: str) -> str:
    return _ALIASES.get(word.lower(), word.lower())


def _quoted(words: list[str]) -> str:
    return f"'{' '.join(words)}'" if words else "not set"


def _ends(until: str) -> float:
    """Return the end of a day in UTC."""
    return dt.datetime.fromisoformat(f"{until}T23:59:59+00:00").timestamp()
