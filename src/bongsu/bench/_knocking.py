"""Logging in again and again while a host may be shut: how long nobody could."""

from __future__ import annotations

import ipaddress
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.bench._victims import Victim
    from bongsu.lab import Lab

_PATIENCE = 1  # seconds for one connection
_PACE = 0.5  # seconds from one login to the next, whether or not the first has ended: a shut door may let it hang
_WAITED_FOR = 30.0  # seconds for a door to open after all has ended: a host boots
_AT_ONCE = 24  # logins that hang together; each is given up after ten seconds
_FIRST, _LAST = 130, 249  # last octets of the addresses that logins come from


class Try(NamedTuple):
    """One login: when it began (seconds on the machine's clock), whether it succeeded, what ssh said if not."""

    at: float
    opened: bool
    words: str = ""


@dataclass
class Door:
    """Whether one can log in, as tried over time."""

    victim: Victim
    tries: list[Try] = field(default_factory=list)  # in the order of their ends
    _over: threading.Event = field(default_factory=threading.Event)

    def knock(self) -> None:
        """Try until told to stop, each time from another address: sshd shuts out an address that fails too often.

        Where the last try failed by then, try on until one succeeds, or nobody would wait any longer.
        """
        sources = cycle(_sources(self.victim.lab))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while True:
                pool.submit(self._try, next(sources))
                if self._over.wait(_PACE):
                    break
        end = time.monotonic() + _WAITED_FOR
        while not max(self.tries).opened and time.monotonic() < end:
            self._try(next(sources))

    def _try(self, source: str) -> None:
        began = time.monotonic()
        login = log_in(self.victim, "-b", source)
        words = login.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        self.tries.append(Try(began, login.returncode == 0, f"{source}: {words}"))

    def stop(self) -> None:
        """Stop trying."""
        self._over.set()

    def shut_for(self) -> float:
        """Return for how long no login begun was to succeed, at its longest, in seconds; infinity where it lasts."""
        longest, shut_at = 0.0, None
        for opened, tries in groupby(sorted(self.tries), key=lambda one: one.opened):
            at = next(tries).at
            if opened and shut_at is not None:
                longest = max(longest, at - shut_at)
            shut_at = None if opened else at
        return longest if shut_at is None else float("inf")

    def last_words(self) -> list[str]:
        """Return what ssh said at the last logins that failed."""
        return [one.words for one in sorted(self.tries) if not one.opened][-3:]


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
