"""What a sandbox would deny a service that it does now, by what its processes have open and how they were started."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import controls
from .component import manifest as manifests
from .component import overrides
from .component.store import DEFAULT, Store
from .effective.sandbox import show
from .errors import BongsuError
from .processes import Process, all_processes

Rows = Mapping[str, Mapping[str, object]]  # unit -> directive -> value, as a table of controls writes them
_HOMES = ("/home", "/root", "/run/user")
_KERNELS = ("/dev", "/proc", "/sys")  # judged by what is done there, not by where it is
_PRIVATE = ("/tmp", "/var/tmp")  # noqa: S108  # nothing is written there
_OWN = {  # what systemd makes for a unit, and lets it write to
    "RuntimeDirectory": "/run",
    "StateDirectory": "/var/lib",
    "CacheDirectory": "/var/cache",
    "LogsDirectory": "/var/log",
}
_TABLES = {  # of sockets, in /proc/net: their family, and the column of the inode
    **dict.fromkeys(("tcp", "udp", "raw", "icmp"), ("AF_INET", 9)),
    **dict.fromkeys(("tcp6", "udp6", "raw6", "icmp6"), ("AF_INET6", 9)),
    "unix": ("AF_UNIX", 6),
    "netlink": ("AF_NETLINK", 9),
    "packet": ("AF_PACKET", 8),
}
_ROOTS_OWN = frozenset({"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SETUID"})  # of a sandbox that is made for root


@dataclass(frozen=True)
class Allowed:
    """What one unit may do: directories it may write to (None: everywhere), families and capabilities (None: all)."""

    paths: tuple[str, ...] | None
    families: frozenset[str] | None
    capabilities: frozenset[str] | None
    hides_homes: bool
    hides_temporary: bool
    no_new_code: bool


@dataclass
class Seen:
    """What the processes of one unit do."""

    writes: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)  # files open, programs, and paths among the arguments
    named: set[str] = field(default_factory=set)  # directories of the service's own user among the arguments
    families: set[str] = field(default_factory=set)
    capabilities: set[str] = field(default_factory=set)
    is_root: bool = False
    has_new_code: bool = False


def rows(text: str, place: str) -> dict[str, dict[str, object]]:
    """Read the rows out of the document of a role's controls."""
    found: dict[str, dict[str, object]] = {}
    for control in controls.read(text, place)[1]:
        for name, value in control.get("sandbox", {}).items():
            unit, _, directive = name.partition("/")
            found.setdefault(unit, {})[directive] = value
    return found


def main(path: Path) -> int:
    """Say what would be denied; return 1 where something would be."""
    try:
        denied, _ = look(rows(path.read_text(encoding="utf-8"), str(path)))
    except OSError as error:
        raise BongsuError(f"{path} cannot be read: {error.strerror}") from error
    if denied:
        raise BongsuError("\n".join(denied))
    return 0


def look(wanted: Rows) -> tuple[list[str], list[str]]:
    """Return what would be denied, and what else is to be looked at first, a sentence each with its cure."""
    if not wanted:
        return [], []
    properties = show(sorted(wanted), [*_OWN, "ExecStart"])
    seen = _observe(wanted)
    denied = [
        f"{unit} {words}"
        for unit, directives in sorted(wanted.items())
        if unit in seen
        for words in complaints(unit, allowed(directives, properties[unit]), seen[unit])
    ]
    return denied, [*_started_otherwise(wanted, seen)]


def allowed(directives: Mapping[str, object], properties: Mapping[str, str]) -> Allowed:
    """Say what a row allows; ``properties`` has the directories that systemd makes for the unit."""
    words = {
        name: [word for word in controls.words(_joined(value)) if word != "none"] for name, value in directives.items()
    }
    own = [f"{base}/{name}" for key, base in _OWN.items() for name in properties.get(key, "").split()]
    paths = [re.sub("^[-+]+", "", path) for path in words.get("ReadWritePaths", [])]
    return Allowed(
        paths=(*own, *paths) if words.get("ProtectSystem") == ["strict"] else None,
        families=frozenset(words["RestrictAddressFamilies"]) if "RestrictAddressFamilies" in words else None,
        capabilities=frozenset(words["CapabilityBoundingSet"]) if "CapabilityBoundingSet" in words else None,
        hides_homes=words.get("ProtectHome") == ["yes"],
        hides_temporary=words.get("PrivateTmp") == ["yes"],
        no_new_code=words.get("MemoryDenyWriteExecute") == ["yes"],
    )


def complaints(unit: str, may: Allowed, does: Seen) -> Iterator[str]:
    """Say what a unit does that it may not do. Pure."""
    if may.paths is not None:
        there = [*may.paths, *_KERNELS, *(_PRIVATE if may.hides_temporary else ())]
        for path in _tops(path for path in does.writes | does.named if not _below(path, there)):
            directory = path if path in does.named else os.path.dirname(path)
            yield (
                f"writes to {path}, which its sandbox would make read-only. Write it in the inventory: "
                f"service_sandbox_write_paths: {{{unit}: [{directory}]}}"
            )
    if may.hides_homes:
        for path in _tops(path for path in does.reads | does.writes | does.named if _below(path, _HOMES)):
            yield f"uses {path}, and its sandbox would hide {', '.join(_HOMES)}. {_elsewhere(unit)}"
    if may.families is not None and (more := sorted(does.families - may.families)):
        yield f"has sockets of {', '.join(more)}, which its sandbox would deny. {_elsewhere(unit)}"
    if may.capabilities is not None and does.is_root and not may.capabilities & _ROOTS_OWN:
        yield f"runs as root, and its sandbox is made for a user without root's rights. {_elsewhere(unit)}"
    elif may.capabilities is not None and not does.is_root and (held := sorted(does.capabilities - may.capabilities)):
        yield f"holds {', '.join(held)}, which its sandbox would take. {_elsewhere(unit)}"
    if may.no_new_code and does.has_new_code:
        yield f"has memory that is both written and run, which its sandbox would deny. {_elsewhere(unit)}"


def _elsewhere(unit: str) -> str:
    return f"Have it do without, or waive the controls of {unit} (docs/controls.md) in bongsu_controls"


def _observe(units: Iterable[str]) -> dict[str, Seen]:
    families = _families()
    seen: dict[str, Seen] = {}
    for process in all_processes():
        if (unit := process.unit) in units:
            _take_in(seen.setdefault(unit, Seen()), process, families)
    return seen


def _take_in(seen: Seen, process: Process, families: Mapping[str, str]) -> None:
    for target, is_written in process.descriptors():
        if target in families:
            seen.families.add(families[target])
        elif target.startswith("/") and not target.endswith(" (deleted)"):
            (seen.writes if is_written else seen.reads).add(target)
    for rights, path in process.mappings():
        seen.has_new_code |= "w" in rights and "x" in rights
        if path.startswith("/"):
            (seen.writes if rights[1] == "w" and rights[3] == "s" else seen.reads).add(path)
    seen.reads.add(process.program)
    for argument in process.arguments:
        path = os.path.normpath(argument.partition("=")[2] if argument.startswith("-") else argument)
        if path.startswith("/") and os.path.lexists(path):
            is_own = os.path.isdir(path) and os.stat(path).st_uid == process.user
            (seen.named if is_own else seen.reads).add(path)
    seen.capabilities |= process.effective
    seen.is_root |= process.user == 0


def _families() -> dict[str, str]:
    """Return the family of each socket, by its name among a process's descriptors."""
    found: dict[str, str] = {}
    for name, (family, column) in _TABLES.items():
        try:
            lines = Path("/proc/net", name).read_text(encoding="ascii", errors="replace").splitlines()[1:]
        except FileNotFoundError:  # a kernel without it
            continue
        found |= {f"socket:[{fields[column]}]": family for line in lines if len(fields := line.split()) > column}
    return found


def _started_otherwise(wanted: Rows, seen: Mapping[str, Seen]) -> Iterator[str]:
    """Name files that nobody of ours placed and that start something else than the package does."""
    placed = frozenset().union(*map(manifests.placed, Store(DEFAULT).manifests().values()))
    for unit, paths in overrides.find(sorted(wanted.keys() & seen.keys())).items():
        for path, found in paths.items():
            if path not in placed and re.search(rb"^\s*ExecStart\s*=", found.content or b"", re.MULTILINE):
                yield (
                    f"{path} has {unit} start otherwise than its package does, for which the sandbox is made: "
                    "see whether it writes, or reads, elsewhere"
                )


def _joined(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _below(path: str, directories: Iterable[str]) -> bool:
    return any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in directories)


def _tops(paths: Iterable[str]) -> list[str]:
    """Leave out what lies below another one."""
    tops: list[str] = []
    for path in sorted(set(paths)):
        if not _below(path, tops):
            tops.append(path)
    return tops
