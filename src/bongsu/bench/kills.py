"""Runs that are killed: whatever the moment and whoever dies, the host is then as before or as wanted."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _attempts, _victims
from bongsu.bench._killing import SETTLED_WITHIN, Siege
from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Callable


COUNT, HOSTS = 200, 4
_TRIES = 8  # for one kill: on a busy machine, a run may be over before the moment at which it is to be disturbed
_EARLIER = 0.7  # of the moment, with each further try


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Kill runs at random moments; BONGSU_BENCH_SEED repeats a campaign."""
    found = campaign(COUNT, HOSTS, os.environ.get("BONGSU_BENCH_SEED") or secrets.token_hex(4), say)
    broken = [record for record in found["kills"] if record["problems"]]
    holds = len(broken) <= bar and len(found["kills"]) == COUNT and not found["errors"]
    return Figure(len(broken), holds, found | {"kills": [line(record) for record in found["kills"]], "broken": broken})


def campaign(
    count: int, hosts: int, seed: str, say: Callable[[str], None], settled_within: float = SETTLED_WITHIN
) -> dict[str, Any]:
    """Kill `count` runs on so many hosts; return the records of all, and how many there were of each kind.

    A host that is neither as before nor as wanted `settled_within` seconds afterwards counts as broken.
    """
    say(f"seed {seed}")
    dealt = _attempts.kinds(seed, count)
    with _victims.victims(hosts, say) as victims, ThreadPoolExecutor(hosts) as pool:
        jobs = [
            pool.submit(_besiege, Siege(victim, settled_within), f"{seed} {place}", dealt[place::hosts], say)
            for place, victim in enumerate(victims)
        ]
    kills = [record for job in jobs for record in job.result()[0]]
    errors = [error for job in jobs for error in job.result()[1]]
    return {"seed": seed, "summary": summary(kills), "errors": errors, "kills": kills}


def summary(kills: list[dict[str, Any]]) -> dict[str, Any]:
    """Count the kills by kind and verdict, and tell the slowest recovery in seconds."""
    counts: dict[str, dict[str, int]] = {}
    for kind in sorted({kill["kind"] for kill in kills}):
        counts[kind] = dict(Counter(kill["verdict"] for kill in kills if kill["kind"] == kind))
    return {
        "kinds": counts,
        "with_an_open_journal": sum(bool(kill["journal_open"]) for kill in kills),
        "while_packages_came_or_went": sum(
            kill["missing"] or "bare" in (kill["start"], kill["target"]) for kill in kills
        ),
        "slowest": max((kill["seconds"] for kill in kills), default=0.0),
    }


def _besiege(
    siege: Siege, seed: str, dealt: list[str], say: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Attack one host; return the records, and what kept it from taking all of its share."""
    records = list[dict[str, Any]]()
    try:
        siege.prepare()
        for attempt in _attempts.campaign(seed, dealt):
            tries = (replace(attempt, share=attempt.share * _EARLIER**number) for number in range(_TRIES))
            record = next(filter(None, map(siege.attack, tries)), None)
            if record is None:
                return records, [f"{siege.victim.name}: never in time for {attempt}"]
            records.append(record)
            say(line(record))
    except BongsuError as error:
        return records, [f"{siege.victim.name}: {error}"]
    return records, []


def line(record: dict[str, Any]) -> str:
    """Return a record as one line for a reader."""
    extras = [
        word for word, so in (("packages missing", record["missing"]), ("unhealthy", not record["healthy"])) if so
    ]
    return (
        f"{record['host']}: {record['start']} -> {record['target']}{' (' + ', '.join(extras) + ')' if extras else ''}, "
        f"{record['kind']} ({record['way']}) at {record['moment']}: {record['verdict']} after {record['seconds']} s"
        f"{': ' + '; '.join(record['problems']) if record['problems'] else ''}"
    )
