"""One process, as /proc tells of it: its rights, what it has open, where it runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CAPABILITIES = (  # linux/capability.h, by their numbers
    *("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID"),
    *("CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST"),
    *("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO"),
    *("CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE"),
    *("CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE"),
    *("CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM"),
    *("CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"),
)


@dataclass(frozen=True)
class Process:
    """A process by its number; what has ended meanwhile has nothing of all this."""

    number: int

    @property
    def _place(self) -> Path:
        return Path("/proc", str(self.number))

    def _read(self, name: str) -> str:
        with suppress(OSError):
            return (self._place / name).read_text(encoding="utf-8", errors="replace")
        return ""

    @cached_property
    def _status(self) -> dict[str, str]:
        return dict(line.split(":\t", 1) for line in self._read("status").splitlines() if ":\t" in line)

    @property
    def runs(self) -> bool:
        """Whether there is such a process."""
        return bool(self._status)

    @property
    def user(self) -> int:
        """The number of the user that it acts as."""
        return int(self._status.get("Uid", "0\t0").split()[1])

    @property
    def no_new_privileges(self) -> bool:
        """Whether no program that it starts gets more rights than it has."""
        return self._status.get("NoNewPrivs") == "1"

    @property
    def is_filtered(self) -> bool:
        """Whether the kernel judges each of its system calls by a filter."""
        return self._status.get("Seccomp") == "2"

    @property
    def bounding(self) -> frozenset[str]:
        """The capabilities that it, or a program that it starts, may ever have."""
        return _capabilities(int(self._status.get("CapBnd", "0"), 16))

    @property
    def effective(self) -> frozenset[str]:
        """The capabilities that it has."""
        return _capabilities(self.effective_mask)

    @property
    def effective_mask(self) -> int:
        """The same as the kernel writes it."""
        return int(self._status.get("CapEff", "0"), 16)

    @property
    def mountinfo(self) -> str:
        """Its view of the file systems, for mounts.py."""
        return self._read("mountinfo")

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self._read("comm").strip()

    @property
    def unit(self) -> str:
        """The service or scope that it belongs to; empty where there is none."""
        return unit_of(self._read("cgroup"))

    @property
    def arguments(self) -> list[str]:
        """Its command line."""
        return self._read("cmdline").rstrip("\0").split("\0")

    @property
    def program(self) -> str:
        """The file that it runs."""
        with suppress(OSError):
            return os.readlink(self._place / "exe")
        return ""

    def descriptors(self) -> Iterator[tuple[str, bool]]:
        """Yield what it has open, and whether for writing."""
        with suppress(OSError):
            for link in (self._place / "fd").iterdir():
                with suppress(OSError):
                    found = re.search(r"^flags:\s*([0-7]+)", self._read(f"fdinfo/{link.name}"), re.MULTILINE)
                    yield os.readlink(link), bool(found and int(found[1], 8) & os.O_ACCMODE)

    def mappings(self) -> Iterator[tuple[str, str]]:
        """Yield the rights (``rwxs``) and the file of each part of its memory."""
        for line in self._read("maps").splitlines():
            _, rights, _, _, _, *path = line.split(maxsplit=5)
            yield rights, path[0] if path else ""


def all_processes() -> list[Process]:
    """Return every process of this host, by number."""
    return [
        Process(number) for number in sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    ]


def unit_of(cgroup: str) -> str:
    """Return the unit that a process belongs to, from its file cgroup."""
    parts = [part for line in cgroup.splitlines() for part in line.rpartition(":")[2].split("/")]
    return next((part for part in reversed(parts) if part.endswith((".service", ".scope"))), "")


def _capabilities(mask: int) -> frozenset[str]:
    return frozenset(name for number, name in enumerate(CAPABILITIES) if mask >> number & 1)
