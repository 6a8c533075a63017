"""What Lynis and OpenSCAP, which are not ours, give hosts that have the whole security baseline, and fresh ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.audit import evidence
from bongsu.bench import Figure, _hardening, _play, _victims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bongsu.lab import Lab

FRESH = "as Debian has it"
STRICTER = 5  # points that the profile strict must reach above the bar, which is for small

Parts = dict[str, dict[str, dict[str, Any]]]  # profile -> release -> what the scanner said


def measure_lynis(bar: float, say: Callable[[str], None]) -> Figure:
    """Return the worse release's hardening index with the profile small; strict must reach five more."""
    return _measure("lynis", bar, say)


def measure_cis(bar: float, say: Callable[[str], None]) -> Figure:
    """Return the worse release's share of rules passed with the profile small; strict must reach five more."""
    return _measure("openscap", bar, say)


def _measure(scanner: str, bar: float, say: Callable[[str], None]) -> Figure:
    parts: Parts = {}
    with _victims.victims(2, say, as_machines=True) as victims:
        for profile in (FRESH, "small", "strict"):
            if profile != FRESH:
                path = _hardening.playbook(victims[0].work, profile)
                _play.playbook(victims[0].lab, path).require_ok()
            parts[profile] = audit(victims[0].lab, victims[0].work / "state", scanner)
            for release, part in parts[profile].items():
                say(f"Debian {release}, {profile}: {part['score']:g}, {part['open']} findings open")
    return judge(parts, bar)


def judge(parts: Parts, bar: float) -> Figure:
    """Hold the scores against the bars, the worse release counting; no finding may be left that nobody accounts for."""
    worst = {profile: min(part["score"] for part in by_release.values()) for profile, by_release in parts.items()}
    applied = {profile: by_release for profile, by_release in parts.items() if profile != FRESH}
    unexplained = sum(part["open"] for by_release in applied.values() for part in by_release.values())
    holds = worst["small"] >= bar and worst["strict"] >= bar + STRICTER and not unexplained
    detail = {
        "roles": _hardening.roles(),
        "bars": {"small": bar, "strict": bar + STRICTER},
        "scores": {
            profile: {release: part["score"] for release, part in by_release.items()}
            for profile, by_release in parts.items()
        },
        "open": unexplained,
        "left": {
            profile: {release: list(_left(part)) for release, part in by_release.items()}
            for profile, by_release in applied.items()
        },
    }
    return Figure(worst["small"], holds, detail)


def audit(lab: Lab, state: Path, scanner: str) -> dict[str, dict[str, Any]]:
    """Audit the lab's hosts as an operator does, with evidence kept in ``state``; return the parts by release."""
    variables = {"audit_scanners": [scanner], "bongsu_evidence": str(state)}
    argv = _play.playbook_argv(lab, paths.project_root() / "playbooks/audit.yml", "-e", json.dumps(variables))
    done, seconds = _play.timed(argv, lab.env())
    _play.Run(seconds, done.returncode, done.stdout + done.stderr, _play.recap(done.stdout)).require_ok()
    found = {}
    for host in lab.spec.hosts:
        newest = max((state / evidence.PLACE / host.name).glob("*.json"))
        found[host.release] = json.loads(newest.read_text(encoding="utf-8"))["scanners"][scanner]
    return found


def _left(part: Mapping[str, Any]) -> Iterator[str]:
    """Yield every finding as a line: its state, what it is, the sections, the reason."""
    for one in part["findings"]:
        sections = f" [{', '.join(one['sections'])}]" if one.get("sections") else ""
        reason = f" ({one['reason']})" if one["reason"] else ""
        yield f"{one['state']}: {one['id']}{sections}: {one['title']}{reason}"
