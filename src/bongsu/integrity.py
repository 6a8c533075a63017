"""Databases of AIDE, kept where their hosts cannot change them: below integrity/HOST where evidence is kept.

What is kept is the host's own database, and what its operator had accepted, as JSON beside it. The newest counts; older
ones stay, as they tell what was right before.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bongsu import durable
from bongsu.errors import BongsuError
from bongsu.hostside import aide

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
PLACE = "integrity"  # in the directory of evidence, `paths.evidence_dir`, which the functions are given
SHOWN = 10  # paths by name in one sentence


@dataclass(frozen=True)
class Verdict:
    """What a comparison comes to: sentences to tell, one that is a failure, and whether the host's answer is kept."""

    told: tuple[str, ...] = ()
    failure: str = ""
    keep: bool = False


def directory(place: Path, host: str) -> Path:
    """Return where a host's databases are kept (created): they tell what is on it, so only the operator reads them."""
    path = place / PLACE / host
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def last(place: Path, host: str) -> dict[str, Any] | None:
    """Return what was last kept of a host, with the ``content``; BongsuError names a file that somebody has changed."""
    files = sorted(directory(place, host).glob("*.json"))
    if not files:
        return None
    try:
        document: dict[str, Any] = json.loads(files[-1].read_text(encoding="utf-8"))
        content = base64.b64decode(document["content"], validate=True)
        whole = document["format"] == FORMAT and hashlib.sha256(content).hexdigest() == document["sha256"]
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise BongsuError(f"{files[-1]}: not a database as it was kept; move it away, and find out who changed it")
    return document


def keep(place: Path, host: str, answer: Mapping[str, Any], now: datetime) -> Path:
    """Write down what a host has answered; the answer has its database's ``content``."""
    names = ("sha256", "rules", "made_at", "accepted", "content")
    document = {"format": FORMAT, "host": host, "kept_at": now.isoformat()} | {name: answer[name] for name in names}
    file = directory(place, host) / f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.json"
    durable.replace(file, json.dumps(document, indent=1) + "\n")
    return file


def same(kept: Mapping[str, Any] | None, answer: Mapping[str, Any]) -> bool:
    """Tell whether a host has the very database that is kept, so that its content need not be asked for."""
    return kept is not None and kept["sha256"] == answer["sha256"]


def compare(kept: Mapping[str, Any] | None, answer: Mapping[str, Any], accepted: str) -> Verdict:
    """Hold a host's answer against what is kept.

    ``accepted`` is what the operator says of another database: the first digits of its SHA-256, twelve or more.
    """
    if not answer["sha256"]:
        words = "has no database of its files yet; it is made in the background (journalctl -u aidecheck.service)"
        return Verdict(failure=f"had a database of its files, and {words}") if kept else Verdict((words,))
    if kept is None:
        return Verdict(("the database of its files is kept here from now on",), keep=True)
    if same(kept, answer):
        fresh = sorted(path for path, digest in answer["accepted"].items() if kept["accepted"].get(path) != digest)
        told = f"since {_day(kept['kept_at'])} somebody has accepted on the host: {_some(fresh)}"
        return Verdict((told,), keep=True) if fresh else Verdict()
    return _another(kept, answer, accepted)


def _another(kept: Mapping[str, Any], answer: Mapping[str, Any], accepted: str) -> Verdict:
    """Judge a database that is not the one kept."""
    before, after = (aide.read_database(base64.b64decode(one["content"])) for one in (kept, answer))
    by_rules = kept["rules"] != answer["rules"] and kept["sha256"] == answer["before"]
    explained = answer["explained"] | kept["accepted"] if by_rules else kept["accepted"]
    paths = [path for path in {*before, *after} if not by_rules or (path in before and path in after)]
    changed = sorted(path for path in paths if not _same(before.get(path), after.get(path), explained.get(path)))
    name = answer["sha256"][:12]
    if len(accepted) >= len(name) and answer["sha256"].startswith(accepted):
        return Verdict((f"its new database {name} is accepted, and kept here",), keep=True)
    if not changed:
        why = "by the new rules" if by_rules else "anew, with nothing in it changed"
        return Verdict((f"its database was made {why}; it is kept here",), keep=True)
    return Verdict(
        failure=(
            f"has another database of its files than the one kept on {_day(kept['kept_at'])}, made "
            f"{_day(datetime.fromtimestamp(answer['made_at'], UTC).isoformat())}; in it {len(changed)} are otherwise: "
            f"{_some(changed)}. If that was you: -e file_integrity_accept={name}; "
            "if not, docs/runbooks/FileIntegrityFindings.md"
        )
    )


def _same(before: aide.State | None, after: aide.State | None, explained: str | None) -> bool:
    old, new = ("" if one is None else one.digest for one in (before, after))
    return old == new or explained == new


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more


def _day(when: str) -> str:
    return f"{datetime.fromisoformat(when).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
