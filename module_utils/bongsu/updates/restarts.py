"""What must restart to run with what is installed: services, and the host itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_KINDS = {"NEEDRESTART-SVC": "service", "NEEDRESTART-CONT": "container", "NEEDRESTART-SESS": "session"}
_NEWER = ("2", "3")  # of NEEDRESTART-KSTA: an update of the running version, another version


@dataclass(frozen=True)
class Outdated:
    """What ``needrestart -b`` reports: (kind, name) of what runs with old files, and the kernel that awaits a boot."""

    running: tuple[tuple[str, str], ...]
    kernel: str | None


@dataclass(frozen=True)
class Reboot:
    """That the host must reboot, since when (seconds since 1970), and whether a reboot would help at all."""

    why: str
    since: float
    helps: bool = True


def read(report: str) -> Outdated:
    """Read the report: ``NAME: value`` a line."""
    lines = [line.partition(": ") for line in report.splitlines()]
    values: Mapping[str, str] = {name: value.strip() for name, _, value in lines}
    running = {(_KINDS[name], value.strip()) for name, _, value in lines if name in _KINDS}
    newer = values.get("NEEDRESTART-KSTA") in _NEWER
    return Outdated(tuple(sorted(running)), values.get("NEEDRESTART-KEXP") if newer else None)


def reboot(flagged: float | None, packages: str, kernel: tuple[str, float] | None, booted: float) -> Reboot | None:
    """Say whether the host must reboot.

    ``flagged`` is when ``/run/reboot-required`` was made, by which ``packages``; ``kernel`` is the version that should
    run, and when it was installed. One that was there at the last boot already, and does not run, would not run after
    the next boot either: the boot loader does not choose it.
    """
    if flagged is not None:
        return Reboot(" ".join(packages.split()) or "a package", flagged)
    if kernel is not None:
        version, installed = kernel
        return Reboot(f"kernel {version}", installed, helps=installed > booted)
    return None
