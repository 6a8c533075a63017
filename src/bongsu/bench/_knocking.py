"""Logging in again and again while a host may be shut: how long nobody could."""

from __future__ import annotations

import ipaddress
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.bench._victims import Victim
    from bongsu.lab import Lab

_PATIENCE = 1  # seconds for one connection
_PAUSE = 0.2
_FIRST, _LAST = 130, 249  # last octets of the addresses that logins come from


@dataclass
class Door:
    """Whether one can log in, as tried over time: (seconds on the machine's clock, whether it opened)."""

    victim: Victim
    tries: list[tuple[float, bool]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def knock(self) -> None:
        """Try until told to stop, each time from another address: sshd shuts out an address that fails too often."""
        for source in cycle(_sources(self.victim.lab)):
            began = time.monotonic()
            self.tries.append((began, log_in(self.victim, "-b", source).returncode == 0))
            if self._over.wait(_PAUSE):
                return

    def stop(self) -> None:
        """Stop trying."""
        self._over.set()

    def shut_for(self) -> float:
        """Return for how long no new login was possible, in seconds; 0 where each was, infinity while it lasts."""
        failed = [at for at, opened in self.tries if not opened]
        if not failed:
            return 0.0
        later = [at for at, opened in self.tries if opened and at > failed[-1]]
        return later[0] - failed[0] if later else float("inf")


def log_in(victim: Victim, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Log in over a new connection, and run a command that does nothing."""
    program, *rest = victim.lab.ssh_argv(victim.name, "true")
    argv = [program, *options, "-o", f"ConnectTimeout={_PATIENCE}", "-o", "BatchMode=yes", *rest]
    try:
        return subprocess.run(
            argv, capture_output=True, check=False, timeout=10, stdin=subprocess.DEVNULL, env=machine.environment()
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 255, b"", b"no answer within 10 s")


@contextmanager
def knocking(victim: Victim) -> Iterator[Door]:
    """Try to log in all the while that the block runs."""
    door = Door(victim)
    thread = threading.Thread(target=door.knock)
    thread.start()
    try:
        yield door
    finally:
        door.stop()
        thread.join()


@contextmanager
def many_addresses(lab: Lab) -> Iterator[None]:
    """Give this machine the addresses that logins come from."""
    network: Any = lab.podman.network(lab.name)
    for verb in ("add", "delete"):
        lines = "".join(f"address {verb} {source}/32 dev {network['network_interface']}\n" for source in _sources(lab))
        subprocess.run(
            ["ip", "-force", "-batch", "-"],
            input=lines.encode(),
            capture_output=True,
            check=False,
            env=machine.environment(),
        )
        if verb == "add":
            yield


def _sources(lab: Lab) -> list[str]:
    base = ipaddress.ip_address(lab.spec.subnet.network_address)
    return [str(base + number) for number in range(_FIRST, _LAST + 1)]
