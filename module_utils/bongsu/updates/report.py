"""Tell what waits: as metrics for node_exporter, which are also the memory of since when, and as lines. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from .restarts import Reboot
from .waiting import Update

MOST_SERIES = 50  # of a kind, the oldest first: a point release must not become hundreds
_WAITS = "bongsu_update_waiting_since_timestamp_seconds"
_OUTDATED = "bongsu_restart_wanted_since_timestamp_seconds"
_SERIES = re.compile(r"^(\w+)\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Key = TypeVar("Key")
Outdated = tuple[str, str]  # kind and name of what runs with old files


@dataclass(frozen=True)
class State:
    """All that is told. Times are in seconds since 1970."""

    updates: Mapping[Update, float]
    outdated: Mapping[Outdated, float]
    reboot: Reboot | None
    lists: float  # when the package lists were last fetched, all of them
    upgraded: float  # when an upgrade by itself last went well
    window: float | None  # when the host may reboot by itself next; None where it never does


@dataclass(frozen=True)
class Memory:
    """Since when what was told at the last look has been so."""

    packages: Mapping[str, float] = field(default_factory=dict)
    outdated: Mapping[Outdated, float] = field(default_factory=dict)


def remember(text: str) -> Memory:
    """Read the metrics of the last look."""
    found = [(name, _labels(labels), float(value)) for name, labels, value in _SERIES.findall(text)]
    return Memory(
        {labels["package"]: value for name, labels, value in found if name == _WAITS},
        {(labels["kind"], labels["name"]): value for name, labels, value in found if name == _OUTDATED},
    )


def metrics(state: State) -> bytes:
    """Write the text exposition format."""
    return ("\n".join(_lines(state)) + "\n").encode(errors="replace")


def _lines(state: State) -> Iterator[str]:
    yield from _head("bongsu_updates_waiting", "Installed packages that have a newer version.")
    for security in (True, False):
        count = sum(one.security == security for one in state.updates)
        yield f'bongsu_updates_waiting{{security="{_yes(security)}"}} {count}'
    yield from _head(
        _WAITS, "Since when a package has waited to be upgraded; kept ones are not upgraded by themselves."
    )
    for one, when in _oldest(state.updates):
        labels = f'package="{one.package}",security="{_yes(one.security)}",kept="{_yes(one.kept)}"'
        yield f"{_WAITS}{{{labels}}} {when:.0f}"
    yield from _head(_OUTDATED, "Since when something has run with files that are replaced.")
    for (kind, name), when in _oldest(state.outdated):
        yield f'{_OUTDATED}{{kind="{kind}",name="{_escape(name)}"}} {when:.0f}'
    last = "bongsu_updates_last_success_timestamp_seconds"
    yield from _head(last, "When the lists were last fetched, and when an upgrade last went well, by themselves.")
    yield f'{last}{{what="lists"}} {state.lists:.0f}'
    yield f'{last}{{what="upgrade"}} {state.upgraded:.0f}'
    yield from _head("bongsu_reboot_required_since_timestamp_seconds", "Since when the host has had to reboot.")
    if state.reboot:
        labels = f'why="{_escape(state.reboot.why[:100])}",helps="{_yes(state.reboot.helps)}"'
        yield f"bongsu_reboot_required_since_timestamp_seconds{{{labels}}} {state.reboot.since:.0f}"
    yield from _head("bongsu_reboot_window_timestamp_seconds", "When the host may reboot by itself next.")
    if state.window is not None:
        yield f"bongsu_reboot_window_timestamp_seconds {state.window:.0f}"


def refused(why: str) -> bytes:
    """Write the metric of a reboot that did not come in its window."""
    lines = [
        *_head("bongsu_reboot_refused", "Why the host did not reboot in its last window, though it had to."),
        f'bongsu_reboot_refused{{why="{_escape(why[:300])}"}} 1',
    ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def table(state: State) -> list[str]:
    """Give lines for a person."""
    security = [one.package for one in state.updates if one.security]
    named = f": {', '.join(security)}" if security else ""
    lines = [
        f"{len(state.updates)} upgrades wait, {len(security)} for security{named}",
        *(f"{one.package} is kept at its version" for one in state.updates if one.kept),
        *(f"{kind} {name} runs with old files since {_day(when)}" for (kind, name), when in state.outdated.items()),
        f"lists fetched {_day(state.lists)}, last upgraded {_day(state.upgraded)}",
    ]
    if state.reboot:
        hopeless = "" if state.reboot.helps else "; the last boot did not take it, look at the boot loader"
        lines.append(f"must reboot since {_day(state.reboot.since)} for {state.reboot.why}{hopeless}")
    lines.append(
        f"may reboot by itself {_day(state.window)}" if state.window is not None else "never reboots by itself"
    )
    return lines


def _oldest(found: Mapping[Key, float]) -> list[tuple[Key, float]]:
    return sorted(found.items(), key=lambda item: item[1])[:MOST_SERIES]


def _head(name: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge"]


def _labels(text: str) -> dict[str, str]:
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in _LABEL.findall(text)}


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", " ")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _day(when: float) -> str:
    return dt.datetime.fromtimestamp(when, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
