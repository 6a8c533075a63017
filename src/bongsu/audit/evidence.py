"""The results of audits, kept: one JSON document a host and audit, below audit/HOST where evidence is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bongsu import durable
from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMAT = 1
PLACE = "audit"  # in the directory of evidence, `paths.evidence_dir`, which the functions are given
REFERENCE = timedelta(days=90)  # a score is compared with the best of this time: what fell longer ago is accepted


def directory(place: Path, host: str) -> Path:
    """Return where a host's audits are kept (created); they tell where it is weak, so only the operator reads them."""
    path = place / PLACE / host
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep(place: Path, document: Mapping[str, Any]) -> Path:
    """Write an audit down, and return its file."""
    moment = datetime.fromisoformat(document["at"])
    file = directory(place, document["host"]) / f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"
    durable.replace(file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return file


def earlier(place: Path, host: str) -> list[dict[str, Any]]:
    """Return a host's audits, oldest first. Raises BongsuError that names a file that is none."""
    found = []
    for file in sorted(directory(place, host).glob("*.json")):
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
