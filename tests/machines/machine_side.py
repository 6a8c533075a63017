"""What the tests do to a virtual machine: run the project's playbooks on it, and ask it how it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bongsu.bench import _play
from bongsu.machines import VirtualMachine

TOOL = "/usr/bin/python3 -I /usr/lib/bongsu/bongsu"


def site(vm: VirtualMachine, *arguments: str) -> _play.Run:
    """Run site.yml, all of it."""
    return _play.site(vm, *_play.FULL, *arguments)


def play(vm: VirtualMachine, task: dict[str, Any], *arguments: str, **variables: Any) -> _play.Run:
    """Run one task."""
    return _play.playbook(vm, _playbook(vm, {"tasks": [task]}, variables), *arguments)


def role(vm: VirtualMachine, name: str, *arguments: str, **variables: Any) -> _play.Run:
    """Run one role with its public variables; give the run, for the caller to judge."""
    return _play.playbook(vm, _playbook(vm, {"roles": [name]}, variables), *arguments)


def controls(vm: VirtualMachine, role_name: str = "") -> dict[str, str]:
    """Ask the machine for the state of each control: what the kernel and the daemons do, not what files say."""
    told = json.loads(vm.run(f"{TOOL} controls --json {role_name}").stdout)
    return {one["control"]: one["state"] for one in told}


def assert_as_wanted(vm: VirtualMachine) -> None:
    """Assert that every control is in effect, that nothing drifted, and that nothing failed."""
    found = vm.run(f"{TOOL} controls")
    assert found.returncode == 0, found.stdout
    assert controls(vm), "there are no controls on this machine"
    drift = vm.run(f"{TOOL} drift")
    assert drift.returncode == 0, drift.stdout + drift.stderr
    assert vm.run("systemctl --failed --plain --no-legend").stdout == ""
    assert vm.run("ls /var/lib/bongsu/journal").stdout == ""


def until(true: Callable[[], Any], seconds: float = 120) -> Any:
    """Return what `true` returns once that is true, and after `seconds` whatever it returns then."""
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(1.0)
    return found


def _playbook(vm: VirtualMachine, what: dict[str, Any], variables: dict[str, Any]) -> Path:
    play = {"name": "On a virtual machine", "hosts": "all", "gather_facts": False, "become": True}
    path = vm.state / "play.yml"
    path.write_text(yaml.safe_dump([{**play, "vars": variables, **what}], width=10_000))
    return path
