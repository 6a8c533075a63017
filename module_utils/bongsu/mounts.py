"""A process's view of the file systems, by its /proc/PID/mountinfo. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class _Mount:
    number: int
    point: str
    read_only: bool


class Mounts:
    """The mounts of one namespace, in the order in which they were made."""

    def __init__(self, text: str) -> None:
        """Read proc_pid_mountinfo(5): number, parent, device, root, mount point, options."""
        rows = [line.split(" ") for line in text.splitlines() if line.count(" ") >= 5]
        self._mounts = [_Mount(int(row[0]), _plain(row[4]), "ro" in row[5].split(",")) for row in rows]

    @property
    def ids(self) -> frozenset[int]:
        """The numbers of all mounts; no two namespaces share one."""
        return frozenset(mount.number for mount in self._mounts)

    def is_read_only(self, path: str) -> bool:
        """Tell whether the mount that a path lies on takes no writes; of several at one point the last one counts."""
        over = [mount for mount in self._mounts if mount.point == "/" or f"{path}/".startswith(f"{mount.point}/")]
        deepest = max((len(mount.point) for mount in over), default=0)
        return next((mount.read_only for mount in reversed(over) if len(mount.point) == deepest), False)


def _plain(text: str) -> str:
    """Undo how the kernel writes blanks: backslash and three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
