"""`bongsu demo`: from nothing to an alert that arrived, with everything that was proved and how long it took."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu import proof
from bongsu.commands import _playbook
from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.events import RunResult
    from bongsu.lab import Lab

PROOF_HOST = "server1"
_DUPLICATE_WINDOW = 5.0  # the demo looks shortly; `bench page-latency` looks long


@dataclass
class Demo:
    """One run of the demo; `proved` collects what was shown, with its measured time."""

    lab: Lab
    say: Callable[[str], None]
    json_only: bool = False
    proved: list[tuple[str, str]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Do it all; raises BongsuError where something that is to be proved does not hold."""
        self._lab_up()
        self._provision()
        self._verify()
        self._page()
        self.proved.append(("all of it", f"{time.monotonic() - self.began:.0f} s"))

    def _lab_up(self) -> None:
        began = time.monotonic()
        self.say(f"lab: {len(self.lab.spec.hosts)} hosts, each with its own systemd, sshd and address")
        self.lab.up(lambda subject, message: self.say(f"  {time.monotonic() - began:5.1f} s  {subject}: {message}"))
        releases = " and ".join(self.lab.spec.releases)
        what = f"{len(self.lab.spec.hosts)} hosts up, Debian {releases}"
        self.proved.append((what, f"{time.monotonic() - began:.0f} s"))

    def _provision(self) -> None:
        self.say("provision: playbooks/site.yml")
        result = self._playbook("site.yml")
        self.proved.append((f"provisioned: {result.changed} changes on {len(result.hosts)} hosts", _took(result)))

    def _verify(self) -> None:
        self.say("verify: playbooks/verify.yml")
        result = self._playbook("verify.yml")
        what = "every agent scraped by every monitor, rules loaded, mesh complete, test alerts delivered"
        self.proved.append((what, _took(result)))

    def _page(self) -> None:
        self.say(f"proof: stopping {proof.UNIT} on {PROOF_HOST}")
        page = proof.stop_and_time(self.lab, PROOF_HOST, duplicate_window=_DUPLICATE_WINDOW)
        if page.notifications != 1:
            raise BongsuError(f"{page.notifications} notifications for one stopped service; exactly 1 was wanted")
        self.proved.append((f"{proof.UNIT} stopped on {PROOF_HOST}: page at the sink, once", f"{page.fired:.1f} s"))
        self.proved.append((f"{proof.UNIT} started again: all-clear at the sink", f"{page.resolved:.1f} s"))

    def _playbook(self, name: str) -> RunResult:
        runs = self.lab.state.path / "runs"  # kept with the lab, so that they go when it goes
        result = _playbook.run_shown(
            name, self.lab.inventories, json_only=self.json_only, env=self.lab.env(), runs=runs
        )
        if result.status == "interrupted":
            raise KeyboardInterrupt
        if result.status != "ok":
            raise BongsuError(
                f"{name} did not succeed (above, and in {result.artifacts}); run the demo again to resume"
            )
        return result


def places(lab: Lab, monitors: list[str]) -> list[str]:
    """Return what to look at while the lab is up, a line each."""
    secrets = lab.state.inventory / "group_vars" / "all" / "secrets.yml"
    view = f"{Path(sys.executable).parent / 'ansible-vault'} view"
    return [
        *(f"Prometheus    https://{lab.spec.host(name).address}:9090  user operator" for name in monitors),
        f"  password    {view} --vault-password-file {lab.state.vault_password} {secrets}",
        f"  CA          {lab.state.inventory / 'group_vars' / 'all' / 'ca.yml'}",
        f"notifications {lab.state.received}",
        f"a shell       bongsu lab ssh {PROOF_HOST}",
        "take it away  bongsu demo --down",
    ]


def _took(result: RunResult) -> str:
    """Return a run's time as text."""
    return f"{result.seconds:.0f} s"
