"""What ssh-audit, which is not ours, finds wrong with the SSH servers that the role `ssh_server` leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from bongsu.audit import ssh
from bongsu.bench import Figure, _play, _victims
from bongsu.controls import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.bench._victims import Victim

JUDGED = "strict"  # the profile that the bar is for; see docs/decisions/0014


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Look at hosts of every release as Debian leaves them, and with each profile; count what is found with one."""
    found: dict[str, dict[str, list[str]]] = {}
    with _victims.victims(2, say) as victims:
        for profile in ("as Debian has it", *PROFILES):
            if profile in PROFILES:
                _harden(victims, profile)
            for victim in victims:
                release = victim.lab.spec.host(victim.name).release
                complaints = ssh.audit(victim.address)
                found.setdefault(profile, {})[release] = complaints
                say(f"Debian {release}, {profile}: {len(complaints)} found")
    value = sum(map(len, found[JUDGED].values()))
    return Figure(value, value <= bar, {"judged": JUDGED, "found": found})


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
