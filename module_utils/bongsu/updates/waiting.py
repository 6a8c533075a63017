"""Which upgrades wait, of what kind, and since when. Pure: what the tools print in, values out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

# `Inst openssl [3.0.17-1] (3.0.18-1 Debian-Security:12/oldstable-security, Debian:12.13/oldstable [amd64])`; a package
# that is not there yet has no version in brackets before.
_UPGRADE = re.compile(r"^Inst (?P<package>\S+) \[(?P<old>[^]]+)\] \((?P<new>\S+) (?P<sources>.*) \[\S+\]\)")
_SECURITY = re.compile(r"\bDebian-Security:|/\S*-security\b")
Key = TypeVar("Key")


@dataclass(frozen=True)
class Update:
    """An installed package that has a newer version; ``kept`` is one that nothing upgrades by itself."""

    package: str
    security: bool
    kept: bool


def read(simulation: str, held: Collection[str], kept: Iterable[str]) -> list[Update]:
    """Read what ``apt-get --simulate --ignore-hold dist-upgrade`` prints."""
    never = {*held, *kept}
    found = (_UPGRADE.match(line) for line in simulation.splitlines())
    return sorted(
        (
            Update(one["package"], bool(_SECURITY.search(one["sources"])), one["package"].partition(":")[0] in never)
            for one in found
            if one
        ),
        key=lambda one: (not one.security, one.package),
    )


def since(present: Iterable[Key], known: Mapping[Key, float], now: float) -> dict[Key, float]:
    """Return since when each of ``present`` is so: as it was ``known`` at the last look, or from now."""
    return {key: min(known.get(key, now), now) for key in present}
