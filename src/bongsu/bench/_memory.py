"""How much memory a command takes, with everything that it starts: the peak of the proportional set sizes' sum."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PROC = Path("/proc")
INTERVAL = 0.05  # seconds between two looks
_SEARCH = 1.0  # seconds between two searches for processes that left the tree


@dataclass
class Peak:
    """The greatest sum of sizes seen, in KiB, and what made it up: process id to KiB."""

    kib: int = 0
    at: float = 0.0  # seconds after the start
    parts: dict[int, int] = field(default_factory=dict)
    looks: int = 0
    longest_gap: float = 0.0  # seconds between two looks

    @property
    def mib(self) -> float:
        """The peak in MiB."""
        return self.kib / 1024


class Watch:
    """Watches a process, all its descendants, and those that left them but carry `mark` in their command line.

    The last are ssh's connection masters: they put themselves below init and live on, and are the controller's all the
    same. A proportional set size counts a page that n processes share as 1/n in each, so that the sum counts it once.
    """

    def __init__(self, pid: int, mark: str) -> None:
        """Take the process to watch, and the text by which to know what left it."""
        self.peak = Peak()
        self._pid = pid
        self._mark = mark.encode()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        began = last = time.monotonic()
        searched, strays = -_SEARCH, set[int]()
        while not self._done.is_set():
            now = time.monotonic()
            self.peak.longest_gap = max(self.peak.longest_gap, now - last)
            last = now
            if now - searched >= _SEARCH:
                searched, strays = now, marked(self._mark)
            parts = {pid: pss(pid) for pid in tree(self._pid) | strays}
            self.peak.looks += 1
            if (total := sum(parts.values())) > self.peak.kib:
                self.peak.kib, self.peak.at, self.peak.parts = total, now - began, parts
            self._done.wait(max(0.0, INTERVAL - (time.monotonic() - now)))


def tree(pid: int) -> set[int]:
    """Return a process and all its descendants that live; empty when it is gone."""
    found, ahead = set(), [pid]
    while ahead:
        one = ahead.pop()
        children = _children(one)
        if children is not None:
            found.add(one)
            ahead += children
    return found


def marked(mark: bytes) -> set[int]:
    """Return the processes whose command line holds a text."""
    found = set()
    for path in PROC.glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark in path.read_bytes():
                found.add(int(path.parent.name))
    return found


def pss(pid: int) -> int:
    """Return a process's proportional set size in KiB; 0 when it is gone."""
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def _children(pid: int) -> list[int] | None:
    """Return a process's children, whichever of its threads started them; None when it is gone."""
    try:
        threads = list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return None
    found: list[int] = []
    for thread in threads:
        with suppress(OSError):
            found += map(int, (thread / "children").read_text().split())
    return found
