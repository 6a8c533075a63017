"""What a host said a moment ago of all its components, and whether it still holds (docs/decisions/0023).

The first component of a play that finds nothing to do has the host say which of its others are settled. While that
holds, those need not be asked for. It holds for some seconds, and until this run does anything else that may change a
host: whatever it asks one to do (see trip.py) is written beside the answer, and the callback ``witness`` sees every
other task. Without that callback no answer is kept.

Tasks run in processes of their own, forked from the one in which callbacks run: what the callback keeps in memory they
see; what they have to tell each other is in files of the run, one a host.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bongsu.inventory.words import words

SECONDS = 60.0  # for which an answer is good at most, counted from the moment before the host was asked
# Tasks that change no host, or whose questions go through trip.py, where it is written down.
HARMLESS = words("""
    check_inventory component components fast_path firewall_look host_certificate host_state monitor_ready
    sandbox_look seal ssh_logins
    add_host assert debug fail gather_facts getent group_by include_role include_tasks include_vars ping set_fact
    set_stats setup slurp stat validate_argument_spec
""")
_EVERYWHERE = ""  # no host's name


@dataclass
class _Seen:
    """What the callback has seen, as every task sees it that begins afterwards."""

    present: bool = False
    under_way: set[tuple[str, str]] = field(default_factory=set)  # tasks that may change a host: whose, and which
    disturbed: float = float("-inf")  # when the last such task ended


_seen = _Seen()


def now() -> float:
    """Return the seconds since this machine was started; those that it slept count."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def witness() -> None:
    """Note that somebody looks at every task of this run."""
    _seen.present = True


def begins(host: str, task: Any) -> None:
    """Note that a task is about to be done, or skipped, for a host."""
    if not _is_harmless(task):
        _seen.under_way.add((host, str(task._uuid)))


def ended(host: str, task: Any, *, skipped: bool = False, lost: bool = False) -> None:
    """Note that a task has ended, or was skipped; where it was ``lost``, or left to itself, it may go on."""
    if _is_harmless(task):
        return
    _seen.under_way.discard((host, str(task._uuid)))
    if not skipped:
        on_and_on = lost or bool(task.async_val)
        _seen.disturbed = float("inf") if on_and_on else max(_seen.disturbed, now())


def _is_harmless(task: Any) -> bool:
    return str(task.action).removeprefix("ansible.builtin.").removeprefix("ansible.legacy.") in HARMLESS


def may_be_kept() -> bool:
    """Tell whether an answer would be of any use."""
    return _seen.present and not _seen.under_way and _seen.disturbed < float("inf")


def touched(host: str | None) -> float:
    """Note that a host may be other than it said, or every host where it is not known which; return that moment."""
    moment = now()
    _write(host or _EVERYWHERE, {"at": moment})
    return moment


def keep(host: str, where: list[Any], asked_at: float, settled: dict[str, str], release: str) -> None:
    """Keep what a host answered to a question of the moment ``asked_at``; ``where`` is what led to it."""
    _write(host, {"at": asked_at, "where": where, "settled": settled, "release": release})


def release(host: str) -> str:
    """Return the Debian release that a host named in the answer that is kept; empty where none is."""
    return str(next((one["release"] for one in _entries(host) if "settled" in one), ""))


def is_settled(host: str, where: list[Any], component: str, digest: str | None) -> bool:
    """Tell whether a host has said that nothing is to be done for a component of this digest, and that holds."""
    if not may_be_kept():
        return False
    answer = max((one for one in _entries(host) if "settled" in one), key=_at, default=None)
    if digest is None or answer is None or (answer["where"], answer["settled"].get(component)) != (where, digest):
        return False
    touched_at = [_seen.disturbed, *(_at(one) for name in (host, _EVERYWHERE) for one in _touches(name))]
    return max(touched_at) <= _at(answer) and 0 <= now() - _at(answer) < SECONDS


def _at(entry: dict[str, Any]) -> float:
    return float(entry["at"])


def _touches(host: str) -> Iterator[dict[str, Any]]:
    return (entry for entry in _entries(host) if "settled" not in entry)


def _entries(host: str) -> Iterator[dict[str, Any]]:
    with suppress(FileNotFoundError):
        yield from map(json.loads, _path(host).read_text(encoding="utf-8").splitlines())


def _write(host: str, entry: dict[str, Any]) -> None:
    # As in fingerprint.notes: one short write at the end of a file is whole, whoever else writes.
    descriptor = os.open(_path(host), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, (json.dumps(entry) + "\n").encode())
    finally:
        os.close(descriptor)


def _path(host: str) -> Path:
    """Return the file of a host: Ansible makes a directory for each run, and takes it away at its end."""
    from ansible import constants

    return Path(constants.DEFAULT_LOCAL_TMP, f"bongsu-said-{hashlib.sha256(host.encode()).hexdigest()[:32]}.jsonl")
