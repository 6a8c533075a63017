"""How a host is: everything that a change can leave there, seen from outside, and what differs between two looks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bongsu.bench import _victims

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bongsu.bench._victims import Victim

Snapshot = dict[str, Any]

_VIRTUAL = ("/proc", "/sys", "/dev", "/run", "/tmp")  # noqa: S108 - named to be left out
_DESCRIPTION = ("packages", "files", "units")  # what a manifest says is wanted; the rest is its host's history


@dataclass(frozen=True)
class Look:
    """What to look at; see host/snapshot.py. Without `units`, at every unit."""

    skip: tuple[str, ...] = ()
    roots: tuple[str, ...] = ("/",)
    hashed: tuple[str, ...] = ("/",)
    units: tuple[str, ...] | None = None
    urls: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the look as the host-side script takes it."""
        return {
            "roots": self.roots,
            "skip": [*_VIRTUAL, *self.skip],
            "hashed": self.hashed,
            "units": self.units,
            "urls": self.urls,
        }


def take(victim: Victim, look: Look) -> Snapshot:
    """Look at a host; manifests are cut down to what they say is wanted."""
    found: Snapshot = _victims.parsed(victim.script("snapshot.py", json.dumps(look.document())))
    found["manifests"] = {
        name: {key: manifest.get(key) for key in _DESCRIPTION} for name, manifest in found["manifests"].items()
    }
    return found


def differences(one: Snapshot, other: Snapshot, wanted: Callable[[str], bool] = lambda _subject: True) -> list[str]:
    """List what differs, a line each; `wanted` says which subjects count (a path, a unit, a package, a component)."""
    found = []
    for topic in ("paths", "packages", "units", "answers", "manifests"):
        found += _differing(topic, one[topic], other[topic], wanted)
    for topic in ("automatic", "held", "failed"):
        gone, come = set(one[topic]) - set(other[topic]), set(other[topic]) - set(one[topic])
        found += [f"{topic}: no longer {name}" for name in sorted(gone) if wanted(name)]
        found += [f"{topic}: now {name}" for name in sorted(come) if wanted(name)]
    return found


def _differing(
    topic: str, one: Mapping[str, Any], other: Mapping[str, Any], wanted: Callable[[str], bool]
) -> list[str]:
    return [
        f"{topic}: {name}: {one.get(name, 'absent')} -> {other.get(name, 'absent')}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name) and wanted(name)
    ]


def leftovers(seen: Snapshot, before: Snapshot) -> list[str]:
    """List what no run may leave behind, whatever it was to do."""
    found = [f"an open journal: {name}" for name in seen["journals"]["open"]]
    found += [f"staged: {path}" for path in seen["paths"] if path.endswith(".bongsu-new")]
    if "/usr/sbin/policy-rc.d" in seen["paths"] and "/usr/sbin/policy-rc.d" not in before["paths"]:
        found.append("policy-rc.d still forbids services to start")
    if seen["audit"]:
        found.append(f"dpkg --audit: {seen['audit']}")
    if seen["system"] != "running" and before["system"] == "running":
        found.append(f"systemd says '{seen['system']}', failed: {', '.join(seen['failed']) or 'none'}")
    return found


def short(lines: Sequence[str], most: int = 12) -> list[str]:
    """Return the first lines, and how many more there are."""
    return [*lines[:most], *([f"and {len(lines) - most} more"] if len(lines) > most else [])]
