"""Ways to end a run before its time: its controller, its connection, its process on the host, the host's power."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu.lab import machine

if TYPE_CHECKING:
    from bongsu.bench._victims import Victim

KINDS = ("controller", "connection", "module", "host")
WAYS = {
    "controller": ("all", "ansible"),
    "connection": ("clients", "sessions", "dropped"),
    "module": ("process", "children"),
    "host": ("once", "twice"),
}
CUT_SECONDS = 6.0  # for which packets are dropped
_SESSIONS = ("sshd: root", "sshd-session: root")  # before and since OpenSSH 9.8
_CUT = """\
table inet faults {
    chain in { type filter hook input priority -300; tcp dport 22 drop; }
    chain out { type filter hook output priority -300; tcp sport 22 drop; }
}
"""


@dataclass(frozen=True)
class Process:
    """A process of this machine, one of a container among them."""

    id: int
    started: int  # clock ticks since boot
    name: str
    command: str


def controller_mark(victim: Victim) -> str:
    """Return what every process of a run on the controller has in its environment."""
    return f"BONGSU_FAULTS_RUN={victim.container}"


def host_mark(victim: Victim) -> str:
    """Return what every process of a run on the host has in its environment."""
    return f"BONGSU_FAULTS_HOST={victim.container}"


def end(victim: Victim, kind: str, way: str, pause: float) -> None:
    """End the run on a victim; `pause` is the time in seconds from a host's start to its second end."""
    _END[kind](victim, way, pause)


def running(mark: str) -> list[Process]:
    """List the living processes with a mark in their environment, oldest first."""
    return _processes(lambda directory: mark.encode() in (directory / "environ").read_bytes().split(b"\0"))


def signal_all(processes: list[Process], number: signal.Signals) -> None:
    """Send a signal to processes that may already be gone."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.id, number)


def _processes(test: Callable[[Path], bool]) -> list[Process]:
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if test(directory):
                name, _, fields = (directory / "stat").read_text().partition("(")[2].rpartition(")")
                command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(Process(int(directory.name), int(fields.split()[19]), name, command))
    return sorted(found, key=lambda process: (process.started, process.id))


def _controller(victim: Victim, way: str, _pause: float) -> None:
    while processes := [one for one in running(controller_mark(victim)) if way == "all" or one.name != "ssh"]:
        signal_all(processes, signal.SIGKILL)
        time.sleep(0.05)


def _connection(victim: Victim, way: str, _pause: float) -> None:
    if way == "dropped":
        _nft(victim, "-f", "-", stdin=_CUT)
        time.sleep(CUT_SECONDS)
        _nft(victim, "delete", "table", "inet", "faults")
    elif way == "clients":
        signal_all([one for one in running(controller_mark(victim)) if one.name == "ssh"], signal.SIGKILL)
    else:
        namespace = Path(f"/proc/{victim.init}/ns/pid").readlink()
        sessions = _processes(lambda directory: (directory / "ns/pid").readlink() == namespace)
        signal_all([one for one in sessions if one.command.startswith(_SESSIONS)], signal.SIGKILL)


def _module(victim: Victim, way: str, _pause: float) -> None:
    processes = running(host_mark(victim))
    signal_all(processes if way == "children" else processes[:1], signal.SIGKILL)


def _host(victim: Victim, way: str, pause: float) -> None:
    victim.lab.kill(victim.name)
    if way == "twice":
        victim.lab.podman.run("start", victim.container)
        time.sleep(pause)
        victim.lab.kill(victim.name)
    victim.lab.start(victim.name)


def _nft(victim: Victim, *arguments: str, stdin: str = "") -> None:
    """Change the host's packet filter from outside, by this machine's own nft."""
    argv = ["nsenter", "--net", f"--target={victim.init}", "nft", *arguments]
    subprocess.run(argv, input=stdin.encode(), check=True, capture_output=True, env=machine.environment())


_END = {"controller": _controller, "connection": _connection, "module": _module, "host": _host}
