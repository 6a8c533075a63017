"""The machine that a figure was measured on, without which the figure says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import timeit
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bongsu import paths


def describe() -> dict[str, Any]:
    """Return processors, memory, system, versions, the commit that is measured, and how it was just before.

    That is the load (1 minute) and the speed: ``loop_s``, the seconds of a fixed loop.
    """
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "cpu": cpu_model(Path("/proc/cpuinfo").read_text()),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "ansible_core": version("ansible-core"),
        "load_before": round(os.getloadavg()[0], 2),
        "loop_s": round(loop_seconds(), 3),
        "commit": _commit(),
    }


def line(machine: dict[str, Any]) -> str:
    """Return the machine as a line for a reader."""
    return (
        f"{machine['cpus']} cpus ({machine['cpu'] or 'unnamed'}), {machine['memory_gib']} GiB, {machine['system']}, "
        f"kernel {machine['kernel']}, Python {machine['python']}, ansible-core {machine['ansible_core']}, "
        f"load before {machine['load_before']}, a fixed loop in {machine['loop_s']} s, "
        f"commit {machine['commit'] or 'unknown'}"
    )


def loop_seconds() -> float:
    """Return how long a million multiplications take this Python, the best of five times.

    A rented machine's speed goes up and down by half from one hour to the next, and all seconds with it.
    """
    return min(timeit.repeat("sum(number * number for number in range(1_000_000))", number=1, repeat=5))


def cpu_model(cpuinfo: str) -> str:
    """Return the processor's name from the text of /proc/cpuinfo; "" where it gives none (as on many ARM machines)."""
    for entry in cpuinfo.splitlines():
        key, _, value = entry.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return ""


def _commit() -> str:
    """Return the checkout's commit, marked when files differ from it; "" outside a checkout."""
    argv = ["git", "-C", str(paths.project_root()), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
