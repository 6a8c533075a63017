"""Which run this is: what a host notes of the controller that is changing it, and whether such a run still lives."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PROCESSES = Path("/proc/self/ns/pid")


def identity() -> dict[str, str]:
    """Return {id, controller} of the Ansible run that this process works for; it is called in a worker of that run."""
    process = os.getppid()  # Ansible forks a worker for each task and host; the run is their common parent
    controller = f"{_user()} on {socket.gethostname()} (process {process})"
    return {"id": f"{_machine()}:{process}:{_started_at(process)}", "controller": controller}


def ask(host: Callable[[dict[str, str]], dict[str, Any]]) -> dict[str, Any]:
    """Ask a host in this run's name; once more, in the place of the run that holds the host if that one is dead."""
    run = identity()
    report = host(run)
    held_by = report.get("held_by")
    return host({**run, "replaces": held_by}) if held_by and is_dead(held_by) else report


def is_dead(run_id: str) -> bool:
    """Tell whether a run is known to have ended: one that was started here, whose process is gone."""
    machine, _, process = run_id.partition(":")
    number, _, started_at = process.partition(":")
    return machine == _machine() and number.isdigit() and _started_at(int(number)) != started_at


def _machine() -> str:
    """Name this start of this machine, and which processes are seen from here: elsewhere, their numbers mean nothing.

    The machine's own id would not do: clones share it, and so do containers of one image.
    """
    return f"{_BOOT.read_text().strip()}.{_PROCESSES.stat().st_ino}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number only
        return f"user {os.getuid()}"


def _started_at(process: int) -> str:
    """Return when a process began, in clock ticks since boot (proc(5), field 22 of stat); "" when there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
