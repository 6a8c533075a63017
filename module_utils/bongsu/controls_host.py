"""Look which security controls are in effect on this host, and tell it."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import controls
from .component import store
from .component.spec import Component
from .effective import LOOK
from .errors import BongsuError

DIRECTORY = Path("/etc/bongsu/controls")  # one document a role
METRICS = "bongsu_controls.prom"


def main(roles: Sequence[str], *, textfile: bool, as_json: bool) -> int:
    """Tell what is not in effect, of all roles or of those named; return 1 where something is not, else 0."""
    verdicts = look(roles)
    bad = [one for one in verdicts if one.state == "ineffective"]
    if textfile:
        export(verdicts)
    elif as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in verdicts], indent=2) + "\n")
    else:
        told = [f"{one.control}: {'; '.join(one.words)}" for one in bad]
        sys.stdout.write("\n".join(told or [f"{len(verdicts)} controls, each in effect or waived"]) + "\n")
    return 1 if bad else 0


def to_come(component: Component) -> list[str]:
    """Return the controls that a component brings along and that are not in effect on this host yet."""
    documents = [
        controls.read(file.content.decode(), file.dest)
        for file in component.files
        if file.content is not None and Path(file.dest).parent == DIRECTORY
    ]
    return [one.control for one in judged(documents) if one.state == "ineffective"]


def look(roles: Sequence[str] = (), directory: Path = DIRECTORY) -> list[controls.Verdict]:
    """Judge every control of the roles named, or of all; each daemon is asked once for all its settings."""
    documents = [
        controls.read(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(directory.glob("*.json"))
        if not roles or path.stem in roles
    ]
    return judged(documents)


def judged(documents: Sequence[tuple[str, list[dict[str, Any]]]]) -> list[controls.Verdict]:
    """Judge the controls of documents; what each kind of setting comes to is looked up once."""
    wanted = controls.wanted((one for _, known in documents for one in known), LOOK)
    found = {kind: _find(kind, names) for kind, names in sorted(wanted.items())}
    return [controls.judge(role, one, found) for role, known in documents for one in known]


def _find(kind: str, names: Collection[str]) -> controls.Found:
    """Look up settings; where nobody tells them, that is said of each, and of no other kind."""
    try:
        return LOOK[kind](names)
    except BongsuError as error:
        return dict.fromkeys((name.lower() for name in names), controls.Unknown(str(error)))


def export(verdicts: Sequence[controls.Verdict]) -> None:
    """Write the metrics where node_exporter reads them, if it does; take them away where no role has controls."""
    store.export(METRICS, controls.metrics(verdicts) if verdicts else None)
