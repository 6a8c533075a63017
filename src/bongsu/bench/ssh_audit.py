"""What ssh-audit, which is not ours, finds wrong with the SSH servers that the role `ssh_server` leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bongsu.bench import Figure, _play, _victims
from bongsu.controls import PROFILES
from bongsu.errors import BongsuError
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bongsu.bench._victims import Victim

JUDGED = "strict"  # the profile that the bar is for; see docs/decisions/0014
_TOPICS = ("kex", "key", "enc", "mac")


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Look at hosts of every release as Debian leaves them, and with each profile; count what is found with one."""
    found: dict[str, dict[str, list[str]]] = {}
    with _victims.victims(2, say) as victims:
        for profile in ("as Debian has it", *PROFILES):
            if profile in PROFILES:
                _harden(victims, profile)
            for victim in victims:
                release = victim.lab.spec.host(victim.name).release
                complaints = audit(victim.address)
                found.setdefault(profile, {})[release] = complaints
                say(f"Debian {release}, {profile}: {len(complaints)} found")
    value = sum(map(len, found[JUDGED].values()))
    return Figure(value, value <= bar, {"judged": JUDGED, "found": found})


def audit(address: str) -> list[str]:
    """Return ssh-audit's failures and warnings, a line each: level, algorithm, reason."""
    command = [str(Path(sys.executable).with_name("ssh-audit")), "--json", "--skip-rate-test", address]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=machine.environment())
    try:
        return complaints(json.loads(done.stdout))
    except (ValueError, KeyError):
        raise BongsuError(f"ssh-audit {address}: exit status {done.returncode}: {done.stdout}{done.stderr}") from None


def complaints(report: Mapping[str, Any]) -> list[str]:
    """Read a report of ssh-audit."""
    return [
        f"{level}: {one['algorithm']}: {reason}"
        for level in ("fail", "warn")
        for topic in _TOPICS
        for one in report[topic]
        for reason in one.get("notes", {}).get(level, [])
    ]


def _harden(victims: list[Victim], profile: str) -> None:
    lab = victims[0].lab
    play = {
        "name": "Harden the SSH servers",
        "hosts": "all",
        "gather_facts": False,
        "roles": ["ssh_server"],
        "vars": {"ssh_server_profile": profile},
    }
    path = victims[0].work / "ssh_server.yml"
    path.write_text(yaml.safe_dump([play]))
    _play.playbook(lab, path).require_ok()
