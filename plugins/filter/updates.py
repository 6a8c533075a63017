"""Filters on the windows in which hosts are upgraded and may reboot: hosts that stand in for each other share none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

_DAY = 24 * 60  # minutes


def update_window(
    groups: Mapping[str, Sequence[str]], host: str, redundant: Sequence[str], start: str, minutes: int
) -> dict[str, str]:
    """Return times of day (UTC, HH:MM): a window's ``start`` and ``middle``, an hour ``before`` it, 12 hours ``later``.

    The first window of the day opens at ``start``, each next one when that before it has closed. The members of all
    ``redundant`` groups have one each, by their names; every other host has one of those as well, so that a fleet does
    not restart at once.
    """
    first = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(start))
    if not first:
        raise AnsibleFilterError(f"security_updates_from: '{start}' is no time of day; write it as '02:00', in quotes")
    if not 10 <= minutes <= _DAY:
        raise AnsibleFilterError(f"security_updates_minutes: {minutes} is not between 10 and {_DAY}")
    there = _DAY // minutes
    pairs = sorted({member for name in redundant for member in groups.get(name, ())})
    if len(pairs) > there:
        raise AnsibleFilterError(
            f"security_updates_minutes: {len(pairs)} hosts stand in for others, and a day has only {there} windows of "
            f"{minutes} minutes; make it {_DAY // len(pairs)} or less"
        )
    order = [*pairs, *sorted(set(groups.get("all", ())) - set(pairs))]
    place = order.index(host) if host in order else 0
    opens = int(first[1]) * 60 + int(first[2]) + place % there * minutes
    return {
        "start": _clock(opens),
        "middle": _clock(opens + minutes // 2),
        "before": _clock(opens - 60),
        "later": _clock(opens - 60 + _DAY // 2),
    }


def update_peers(
    groups: Mapping[str, Sequence[str]], host: str, redundant: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return the hosts that stand in for this one, each with the probes of all groups that it shares with it."""
    found: dict[str, list[str]] = {}
    for name, probes in sorted(redundant.items()):
        members = groups.get(name, ())
        for peer in sorted(set(members) - {host}) if host in members else ():
            known = found.setdefault(peer, [])
            known.extend(one for one in probes if one not in known)
    return dict(sorted(found.items()))


def _clock(minutes: int) -> str:
    return f"{minutes % _DAY // 60:02}:{minutes % 60:02}"


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {"update_window": update_window, "update_peers": update_peers}
