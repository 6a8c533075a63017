"""What may not be done in a file system that is mounted now: which of nodev, nosuid and noexec it has, by its place."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..controls import Fixed, Found, Unavailable

TABLE = Path("/proc/self/mountinfo")
CONTAINER = Path("/run/systemd/container")  # systemd writes down there what kind of container it runs in
_FLAGS = ("nodev", "noexec", "nosuid")


def look(names: Collection[str]) -> Found:
    """Ask the kernel; what a container has is mounted for it by its host."""
    return judge(names, TABLE.read_text(encoding="utf-8", errors="replace"), in_container=CONTAINER.exists())


def judge(names: Collection[str], table: str, *, in_container: bool) -> Found:
    """Return the flags of each place; of several mounts over each other the last counts."""
    rows = [line.split() for line in table.splitlines()]
    options = {row[4]: [one for one in row[5].split(",") if one in _FLAGS] for row in rows if len(row) > 5}
    found: dict[str, list[str] | Fixed | Unavailable] = {}
    for name in names:
        if name not in options:
            found[name.lower()] = Unavailable("is no file system of its own here")
        elif in_container:
            found[name.lower()] = Fixed(options[name], "the container's host mounts it")
        else:
            found[name.lower()] = options[name]
    return found
