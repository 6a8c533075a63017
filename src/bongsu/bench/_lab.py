"""The lab that the benchmarks measure on: up, and provisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.errors import BongsuError
from bongsu.lab import Lab
from bongsu.runner import run_playbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.events import RunResult


def site(lab: Lab, **options: Any) -> RunResult:
    """Run site.yml on the lab."""
    return run_playbook("site.yml", lab.inventories, env=lab.env(), runs=lab.state.path / "runs", **options)


def provisioned(say: Callable[[str], None]) -> Lab:
    """Return the project's lab, brought up and provisioned."""
    lab = Lab.load()
    say("lab up")
    lab.up()
    say("provisioning the lab")
    result = site(lab)
    if result.status != "ok":
        words = [failure.message for host in result.hosts.values() for failure in host.failures]
        raise BongsuError("the lab could not be provisioned:\n" + "\n".join(words + result.errors))
    return lab
