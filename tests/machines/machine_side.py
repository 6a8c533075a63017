"""What the tests do to a virtual machine: run the project's playbooks on it, and ask it how it is."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bongsu.bench import _play
from bongsu.lab import machine
from bongsu.machines import VirtualMachine

TOOL = "/usr/bin/python3 -I /usr/lib/bongsu/bongsu"


def site(vm: VirtualMachine, *arguments: str) -> _play.Run:
    """Run site.yml, all of it."""
    return _play.site(vm, *_play.FULL, *arguments)


def play(vm: VirtualMachine, task: dict[str, Any], *arguments: str, **variables: Any) -> _play.Run:
    """Run one task."""
    return _play.playbook(vm, _playbook(vm, {"tasks": [task]}, variables), *arguments)


@contextmanager
def begin(vm: VirtualMachine, task: dict[str, Any], *arguments: str) -> Iterator[None]:
    """Run one task beside the block; the run is ended with it."""
    argv = _play.playbook_argv(vm, _playbook(vm, {"tasks": [task]}, {}), *arguments)
    with (vm.state / "run.out").open("wb") as output:
        env = machine.environment(ANSIBLE_NOCOLOR="1", **vm.env())
        run = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=env
        )
    try:
        yield
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


class Moment:
    """The moment at which a line with a text is added to a file of the machine; heard of within milliseconds."""

    def __init__(self, vm: VirtualMachine, path: str, text: str) -> None:
        self.vm, self.path, self.text, self.heard = vm, path, text, b""
        # From the end on, of a file that may yet have to come into being.
        script = f"echo listening; exec tail --lines=0 --follow=name --retry --sleep-interval=0.1 {path}"
        self.process = subprocess.Popen(
            vm.ssh_argv(script),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=machine.environment(),
        )
        self._await("listening", 60)

    def wait(self, seconds: float = 300) -> None:
        """Wait for it; past the deadline the test fails, with the end of the run that was begun."""
        try:
            self._await(self.text, seconds)
        finally:
            self.process.kill()
            self.process.communicate()

    def _await(self, text: str, seconds: float) -> None:
        end, stream = time.monotonic() + seconds, self.process.stdout
        assert stream is not None
        while text.encode() not in self.heard:
            ready = select.select([stream], [], [], max(end - time.monotonic(), 0))[0]
            read = os.read(stream.fileno(), 65_536) if ready else b""
            if not read:
                run = self.vm.state / "run.out"
                words = run.read_text(errors="replace")[-3000:] if run.exists() else ""
                raise AssertionError(f"'{text}' was not heard from {self.path} within {seconds:g} s:\n{words}")
            self.heard += read


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
