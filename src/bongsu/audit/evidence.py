"""The results of audits, kept: one JSON document a host and audit, below evidence/audit/HOST in the state directory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bongsu import durable, paths
from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMAT = 1
PLACE = "evidence/audit"  # in the state directory
REFERENCE = timedelta(days=90)  # a score is compared with the best of this time: what fell longer ago is accepted


def directory(host: str) -> Path:
    """Return where a host's audits are kept (created); they tell where it is weak, so only the operator reads them."""
    path = paths.state_dir() / PLACE / host
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep(document: Mapping[str, Any]) -> Path:
    """Write an audit down, and return its file."""
    moment = datetime.fromisoformat(document["at"])
    file = directory(document["host"]) / f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"
    durable.replace(file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return file


def earlier(host: str) -> list[dict[str, Any]]:
    """Return a host's audits, oldest first. Raises BongsuError that names a file that is none."""
    found = []
    for file in sorted(directory(host).glob("*.json")):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            known = document["format"] == FORMAT and document["at"] and document["scanners"]
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise BongsuError(f"{file}: not an audit as this version keeps them; move it away")
        found.append(document)
    return found


def last_score(audits: Iterable[Mapping[str, Any]], scanner: str) -> float | None:
    """Return a scanner's score at the last audit that it took part in."""
    scores: list[float] = [one["scanners"][scanner]["score"] for one in audits if scanner in one["scanners"]]
    return scores[-1] if scores else None


def reference(audits: Iterable[Mapping[str, Any]], scanner: str, now: datetime, score: float) -> float:
    """Return the best score of late, this one included."""
    recent = [
        one["scanners"][scanner]["score"]
        for one in audits
        if scanner in one["scanners"] and now - datetime.fromisoformat(one["at"]) <= REFERENCE
    ]
    return float(max([score, *recent]))
