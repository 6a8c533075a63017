"""Runs that die between placing files and telling who reads them: whether the next run has everything in effect.

What is compared is what runs: whom the SSH server lets in, the kernel's own values, the packet filter's rules. Never a
file: after such a death the files are right, and a tool that looks at files alone finds nothing to do.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _hardening, _killing, _play, _victims
from bongsu.errors import BongsuError
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.bench._victims import Victim

PROFILES = ("small", "strict")  # each is what the host has when the other is wanted
# What is told last, by the words of the command that would have told it: there the module dies.
TOLD = {
    "sshd": ("systemctl", "reload-or-restart", "ssh.service"),
    "sysctl": ("systemctl", "reload-or-restart", "bongsu-sysctl.service"),
    "firewall": ("systemctl", "reload-or-restart", "nftables.service"),
}
_CLASSICAL = ("-o", "ControlPath=none", "-o", "KexAlgorithms=curve25519-sha256")  # strict wants a post-quantum one
_SYSCTL = ("sysctl", "--values", "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.default.rp_filter")
_FILTER = ("nft", "--stateless", "list", "chain", "inet", "bongsu", "forward")


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Have runs die on a host of each release, towards each profile; count the times that the next did not mend."""
    records: list[dict[str, Any]] = []
    with _victims.victims(2, say) as victims:
        for victim in victims:
            _killing.install_hook(victim)
            wanted = _learn(victim)
            for subject, words in TOLD.items():
                for profile in PROFILES:
                    records.append(record := _try(victim, subject, words, profile, wanted))
                    say(f"{victim.name}, {subject}, towards {profile}: {record['problem'] or 'in effect'}")
    wrong = [record for record in records if record["problem"]]
    return Figure(len(wrong), len(wrong) <= bar, {"tried": len(records), "trials": records})


def _learn(victim: Victim) -> dict[str, dict[str, str]]:
    """Return what runs on the host with each profile, as undisturbed runs leave it; it ends with the last one's."""
    seen = {}
    for profile in PROFILES:
        _run(victim, profile).require_ok()
        seen[profile] = _running(victim)
    same = [subject for subject in TOLD if len({seen[profile][subject] for profile in PROFILES}) == 1]
    if same:
        raise BongsuError(f"{victim.name}: nothing can be seen of {', '.join(same)}: {seen}")
    return seen


def _try(
    victim: Victim, subject: str, words: tuple[str, ...], profile: str, wanted: dict[str, dict[str, str]]
) -> dict[str, Any]:
    """Have a run towards a profile die just before it tells `subject`, and see what the next one leaves running."""
    other = next(one for one in PROFILES if one != profile)
    _run(victim, other).require_ok()
    victim.inside("rm", "-rf", "/run/faults")
    victim.place("/run/faults/order", json.dumps({"at": 0, "how": "kill", "delay": 0.0, "words": words}))
    died = _run(victim, profile, hooked=True)
    told = victim.inside("cat", "/run/faults/effects").stdout.splitlines()
    victim.inside("rm", "-rf", "/run/faults")
    record = {"host": victim.name, "subject": subject, "profile": profile, "died_at": told[-2:], "problem": ""}
    if died.status == 0 or told[-1:] != ["here"]:
        return record | {"problem": f"the run did not die there: {died.output[-800:]}"}
    after = _run(victim, profile)
    if after.status != 0:
        return record | {"problem": f"the next run failed: {after.output[-800:]}"}
    seen = _running(victim)
    differs = {name: [value, wanted[profile][name]] for name, value in seen.items() if value != wanted[profile][name]}
    return record | {"problem": f"not in effect: {differs}" if differs else ""}


def _run(victim: Victim, profile: str, *, hooked: bool = False) -> _play.Run:
    extra = ("-e", f"ansible_python_interpreter={_killing.PYTHON}") if hooked else ()
    return _play.playbook(victim.lab, _hardening.playbook(victim.work, profile, victim.name), *extra)


def _running(victim: Victim) -> dict[str, str]:
    """Return what runs: the SSH server's answer to a classical client, the kernel's values, rules that it has."""
    argv = victim.lab.ssh_argv(victim.name, "true")
    done = subprocess.run(
        [argv[0], *_CLASSICAL, *argv[1:]], capture_output=True, check=False, env=machine.environment()
    )
    return {
        "sshd": "lets a classical client in" if done.returncode == 0 else "refuses a classical client",
        "sysctl": " ".join(victim.inside(*_SYSCTL).stdout.split()),
        "firewall": " ".join(victim.inside(*_FILTER).stdout.split()),
    }
