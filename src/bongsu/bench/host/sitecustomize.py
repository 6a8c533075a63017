"""Ends the Python that loads it at its n-th side effect: put on PYTHONPATH, so that nothing that is tested knows of it.

Reads /run/faults/order, a JSON document {at, how, delay, words}: ``at`` counts side effects from 1, 0 for none; with
``words`` it is the first whose line has them all. ``how`` is kill (just before the effect), late (``delay`` seconds
after it began, perhaps in the middle of a command) or freeze (stop just before it, for somebody else to end the run).
Each effect is told in /run/faults/effects as it is about to happen.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

DIRECTORY = "/run/faults"
_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EFFECTS = {
    *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chown", "os.chmod", "os.truncate"),
    *("os.utime", "subprocess.Popen", "fcntl.flock", "os.posix_spawn"),
}
# What Ansible, and the code that a controller leaves, need for themselves.
_NOT_THE_HOSTS = ("/dev/", "/proc/", "/root/.ansible", "/tmp/", "/run/bongsu")  # noqa: S108 - named, never written to


class _Counter:
    """Counts side effects, and carries out the order at the one it names."""

    def __init__(self) -> None:
        with open(f"{DIRECTORY}/order", encoding="utf-8") as stream:
            self.order: dict[str, Any] = json.load(stream)
        self.effects = os.open(f"{DIRECTORY}/effects", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.count = 0
        self.busy = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Hear an audit event (sys.addaudithook)."""
        if self.busy or not _changes(event, arguments):
            return
        self.busy = True
        self.count += 1
        line = f"{self.count} {time.time():.3f} {event} {_subject(event, arguments)}"
        os.write(self.effects, f"{line}\n".encode())
        if self.count == self.order["at"] or self._is_named(line):
            self.carry_out()
        self.busy = False

    def _is_named(self, line: str) -> bool:
        words = self.order.get("words", [])
        return bool(words) and all(word in line for word in words)

    def carry_out(self) -> None:
        """End, or have an end coming."""
        if self.order["how"] == "late":
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self.order["delay"])
        else:
            os.write(self.effects, b"here\n")
            os.kill(os.getpid(), signal.SIGKILL if self.order["how"] == "kill" else signal.SIGSTOP)


def _changes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        path, _, flags = arguments
        return bool(flags & _CHANGING) and isinstance(path, str) and not path.startswith(_NOT_THE_HOSTS)
    if event not in _EFFECTS:
        return False
    return not (isinstance(arguments[0], str) and arguments[0].startswith(_NOT_THE_HOSTS))


def _subject(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "subprocess.Popen":
        return " ".join(map(str, arguments[1]))[:200].replace("\n", " ")
    return str(arguments[0])


os.environ.pop("PYTHONPATH", None)  # what this Python runs is not what is to be ended
if os.path.exists(f"{DIRECTORY}/order"):
    sys.addaudithook(_Counter())
