"""The table of security controls: what each role sets, why, and what an inventory chooses of it.

Each role that has controls lists them in its ``controls.yml``, below ``controls``, one mapping a control:

``id`` (SUBJECT.NAME), ``what`` it does, ``why``, what it may break (``breaks``), the sections of the CIS benchmark that
it answers (``cis``: {debian12: …, debian13: …}), the ``profile`` from which on it is applied, and what it ``sets``:
kind -> {setting: value}, where the kind says how a host finds out what is so (``module_utils/bongsu/effective``). A
value of ``{given: NAME}`` is the role's to give, of its variables. The tables are in no file of variables: Ansible
reads one ten times more slowly, in each run, and copies it for each task (docs/decisions/0014).
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from bongsu.inventory.words import one_of, suggest
from bongsu.paths import project_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former is libyaml's, and not everywhere
PROFILES = ("none", "small", "strict")  # each has what the one before it has
FIELDS = ("id", "what", "why", "breaks", "cis", "profile", "sets")
_HOW = "write `true` to apply it, or {waived: REASON, until: YYYY-MM-DD} to do without it"


@dataclass(frozen=True)
class Chosen:
    """A control of the table, and what becomes of it on a host: applied, waived or off (not of the profile)."""

    control: Mapping[str, Any]
    state: str
    reason: str = ""
    until: str = ""


def tables(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Read the tables of a project: role -> its controls."""
    return {file.parent.name: _read(file) for file in sorted(root.glob("roles/*/controls.yml"))}


@lru_cache
def table(role: str) -> list[dict[str, Any]]:
    """Return the controls of one of this project's roles; whoever asks again gets the same, and must not change it."""
    return _read(project_root() / "roles" / role / "controls.yml")


def _read(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), _Loader)["controls"]  # noqa: S506 - a safe one
    return found


def choose(table: Sequence[Mapping[str, Any]], profile: str, choices: Mapping[str, Any]) -> list[Chosen]:
    """Decide of each control; ``choices`` are the inventory's, without problems, those of other tables among them."""
    return [_choose(control, profile, choices.get(control["id"])) for control in table]


def _choose(control: Mapping[str, Any], profile: str, choice: object) -> Chosen:
    if isinstance(choice, dict):
        return Chosen(control, "waived", str(choice["waived"]).strip(), _date(choice["until"]) or "")
    in_profile = PROFILES.index(control["profile"]) <= PROFILES.index(profile)
    return Chosen(control, "applied" if choice is True or in_profile else "off")


def problems(choices: object, known: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (path, what is wrong and the cure) of an inventory's choices among all ``known`` controls."""
    if not isinstance(choices, dict):
        yield (), "is not a mapping; write `ID: true` or `ID: {waived: REASON, until: YYYY-MM-DD}` below it"
        return
    for name, choice in choices.items():
        path = (str(name),)
        if name not in known:
            yield path, f"there is no such control; {suggest(str(name), known) or f'known are {one_of(known, 40)}'}"
        elif choice is True:
            continue
        elif not isinstance(choice, dict):
            yield path, f"'{choice}' is no choice; {_HOW}"
        else:
            yield from ((path + more, words) for more, words in _waiver(choice))


def _waiver(choice: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key in choice:
        if key not in ("waived", "until"):
            yield (str(key),), f"is not known here; {_HOW}"
    if not str(choice.get("waived") or "").strip():
        yield (), f"gives no reason; {_HOW}"
    if _date(choice.get("until")) is None:
        yield (), f"has no day on which to look at it again; {_HOW}"


def given(value: object) -> str:
    """Return the name of what the role gives for a value of a table; empty where the table itself says the value."""
    return str(value["given"]) if isinstance(value, Mapping) and set(value) == {"given"} else ""


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Name each setting in one: what a table lists below the unit that it is of is UNIT/SETTING to the host."""
    return {
        name if inner is None else f"{name}/{inner}": value
        for name, below in settings.items()
        for inner, value in (below.items() if isinstance(below, Mapping) and not given(below) else [(None, below)])
    }


def _date(value: object) -> str | None:
    """Return a day as YYYY-MM-DD; YAML makes a date of one that stands without quotes."""
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    try:
        return dt.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def page(root: Path) -> str:
    """Write the page of all tables, docs/controls.md."""
    parts = [_HEAD]
    for role, table in tables(root).items():
        parts.append(f"## {role}\n")
        parts += [_section(control) for control in table]
    return "\n".join(parts)


_HEAD = """\
# Security controls

What the roles of the security baseline set, why, and what it may break. This page is made from the roles' own tables
(`python -m bongsu.controls`), as are the files that they place and the checks that hosts make every hour.

`bongsu_profile` in the inventory says how much of it is applied: `small` (the default) has nothing that an ordinary web
service would notice, `strict` has all; with `none`, hosts get their own configuration back. `bongsu_controls` chooses
single ones:

```yaml
bongsu_controls:
  ssh.post-quantum: true # of the profile strict, and wanted all the same
  ssh.forwarding: {waived: "graphs are shown over X11", until: "2027-03-31"} # a ticket asks again after that day
```

On a host, `sudo /usr/lib/bongsu/bongsu controls` tells what is not in effect.
"""


def _section(control: Mapping[str, Any]) -> str:
    sections = {
        release.removeprefix("debian"): ", ".join(listed) for release, listed in control["cis"].items() if listed
    }
    answers = "; ".join(f"CIS Debian {release}: {listed}" for release, listed in sections.items())
    rows = [
        ("profile", control["profile"]),
        ("why", control["why"]),
        ("may break", control["breaks"]),
        ("sets", "<br>".join(f"`{line}`" for line in _settings(control["sets"]))),
        *([("answers", answers)] if answers else []),
    ]
    lines = [f"| {name} | {' '.join(str(text).split())} |" for name, text in rows]
    return "\n".join([f"### {control['id']}\n", f"{control['what']}\n", "| | |", "|---|---|", *lines, ""])


def _settings(sets: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    for kind, settings in sets.items():
        yield from (f"{kind}: {name} {_shown(value)}" for name, value in flat(settings).items())


def _shown(value: object) -> str:
    """Return a setting as it is written, or the name of what decides it."""
    return given(value) or (" ".join(map(str, value)) if isinstance(value, list) else str(value))


def main() -> None:
    """Print the page."""
    sys.stdout.write(page(project_root()))


if __name__ == "__main__":
    main()
