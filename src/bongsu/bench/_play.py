"""Running playbooks by the stopwatch: the command that an operator types, and what its recap says."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bongsu import paths
from bongsu.errors import BongsuError
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bongsu.lab import Lab

FULL = ("-e", "bongsu_full=true")
_RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """One run of a command: wall time in seconds, exit status, its output, and how many tasks changed each host."""

    seconds: float
    status: int
    output: str
    changed: Mapping[str, int]

    def require_ok(self) -> Run:
        """Return the run, or raise BongsuError with its last words when it failed or reached no host."""
        if self.status != 0 or not self.changed:
            raise BongsuError(f"exit status {self.status}:\n{_tail(self.output)}")
        return self

    def require_unchanged(self) -> Run:
        """Return the run, or raise BongsuError when it failed or there was anything to do."""
        self.require_ok()
        changed = {host: count for host, count in self.changed.items() if count}
        if changed:
            said = "\n".join(changed_tasks(self.output)) or _tail(self.output)
            raise BongsuError(f"changes where there should be none, {changed}:\n{said}")
        return self


def recap(output: str) -> dict[str, int]:
    """Return how many tasks changed each host, from the recap that ends Ansible's output."""
    return {host: int(changed) for host, changed in _RECAP.findall(output)}


def changed_tasks(output: str) -> list[str]:
    """Return the lines of Ansible's output that tell a change, each with its task."""
    task, found = "", []
    for line in output.splitlines():
        if line.startswith("TASK ["):
            task = line.rstrip("* ")
        elif line.startswith("changed: "):
            found.append(f"{task} {line}")
    return found


def site(lab: Lab, *arguments: str) -> Run:
    """Run site.yml by plain ansible-playbook."""
    return playbook(lab, paths.project_root() / "playbooks" / "site.yml", *arguments)


def playbook(lab: Lab, path: Path, *arguments: str, inventories: Sequence[Path] = ()) -> Run:
    """Run a playbook by plain ansible-playbook, over the lab's inventories and the given ones."""
    done, seconds = timed(playbook_argv(lab, path, *arguments, inventories=inventories), lab.env())
    return Run(seconds, done.returncode, done.stdout + done.stderr, recap(done.stdout))


def playbook_argv(lab: Lab, path: Path, *arguments: str, inventories: Sequence[Path] = ()) -> list[str]:
    """Return the command line of `playbook`."""
    command = str(Path(sys.executable).with_name("ansible-playbook"))
    return [command, *_sources([*lab.inventories, *inventories]), *arguments, str(path)]


def provision(lab: Lab, *arguments: str) -> Run:
    """Run site.yml by `bongsu provision`."""
    argv = [sys.executable, "-m", "bongsu", "provision", "--json", *_sources(lab.inventories), *arguments]
    done, seconds = timed(argv, lab.env())
    hosts = json.loads(done.stdout).get("hosts", {}) if done.stdout.startswith("{") else {}
    changed = {name: int(host["changed"]) for name, host in hosts.items()}
    return Run(seconds, done.returncode, done.stdout + done.stderr, changed)


def timed(
    argv: Sequence[str], env: Mapping[str, str], stdin: bytes = b""
) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run a command to its end, and return with it the seconds that it took."""
    with Stopwatch() as stopwatch:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, check=False, env=machine.environment(ANSIBLE_NOCOLOR="1", **env)
        )
    texts = (done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    return subprocess.CompletedProcess(argv, done.returncode, *texts), stopwatch.seconds


class Stopwatch:
    """Measures the wall time of its block, in seconds."""

    seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began


def alternate(
    ways: Mapping[str, Callable[[], float]], times: int, say: Callable[[str], None]
) -> dict[str, list[float]]:
    """Measure each way `times` times, turn about, so that what the machine does besides troubles all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(times):
        for name, way in ways.items():
            seconds[name].append(way())
            say(f"{turn + 1} of {times}: {name} {seconds[name][-1]:.2f} s")
    return seconds


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each list."""
    return {name: statistics.median(values) for name, values in seconds.items()}


def rounded(seconds: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Return the readings as they are kept: to a hundredth of a second."""
    return {name: [round(value, 2) for value in values] for name, values in seconds.items()}


def _sources(inventories: Sequence[Path]) -> list[str]:
    return [word for path in inventories for word in ("-i", str(path))]


def _tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
