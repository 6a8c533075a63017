"""What keeps a service in: the properties that systemd has loaded for it, and what its process really runs with.

A setting is named ``UNIT/DIRECTIVE``. Of SystemCallFilter the words are sets of calls: those that are allowed, calls
beyond them by name, and ``~@SET`` where nothing of a set is left. A service that does not run has what is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from .. import host
from ..controls import Found, Unavailable, Unknown
from ..mounts import Mounts
from ..processes import CAPABILITIES, Process

DROP_IN = "/etc/systemd/system/{unit}.d/zz-bongsu-sandbox.conf"
_SYS_ADMIN = 1 << CAPABILITIES.index("CAP_SYS_ADMIN")
_LISTS = (
    "AmbientCapabilities",
    "CapabilityBoundingSet",
    "RestrictAddressFamilies",
)  # which allow nothing where they are empty
_BASES = ("@system-service", "@clock")
_DENIED = ("@privileged", "@resources")
_FILTERS = frozenset(
    {
        "LockPersonality",
        "MemoryDenyWriteExecute",
        "RestrictAddressFamilies",
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "SystemCallArchitectures",
        "SystemCallFilter",
    }
)
_MOUNTS = frozenset(
    {
        "PrivateDevices",
        "PrivateTmp",
        "ProtectControlGroups",
        "ProtectHome",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "ProtectProc",
        "ProtectSystem",
        "ReadWritePaths",
    }
)
_PROTECTED = {"yes": ("/usr",), "full": ("/usr", "/etc"), "strict": ("/usr", "/etc", "/var", "/")}


def look(names: Collection[str]) -> Found:
    """Ask systemd about all units at once, and the kernel about each process."""
    asked: dict[str, set[str]] = {}
    for name in names:
        unit, _, directive = name.partition("/")
        asked.setdefault(unit, set()).add(directive)
    states, shown = host.unit_states(sorted(asked)), show(sorted(asked), set().union(*asked.values(), {"MainPID"}))
    allowed = _syscall_sets() if any("SystemCallFilter" in directives for directives in asked.values()) else {}
    first = Process(1)
    found: dict[str, list[str] | Unavailable | Unknown] = {}
    for unit, directives in asked.items():
        loaded = {one: loaded_words(one, shown[unit].get(one, ""), allowed) for one in directives}
        process = Process(int(shown[unit].get("MainPID") or 0)) if states[unit].active else None
        said: str | Unavailable = ""
        if not states[unit].found:
            said = Unavailable(f"has nothing to keep in: {unit} is not on this host")
        elif states[unit].needs_daemon_reload:
            said = f"systemd has not read the files of {unit} (systemctl daemon-reload)"
        elif process and _is_newer(Path(DROP_IN.format(unit=unit)), states[unit].started_at):
            said = f"{unit} has not been restarted since its sandbox was placed"
        for one in directives:
            verdict = said or (runs_with(unit, one, loaded, process, first) if process and process.runs else "")
            found[f"{unit}/{one}".lower()] = (
                verdict if isinstance(verdict, Unavailable) else Unknown(verdict) if verdict else loaded[one]
            )
    return found


def show(units: list[str], properties: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the properties of each unit, as systemd writes them."""
    text = host.ask(["systemctl", "show", f"--property={','.join(sorted({'Id', *properties}))}", *units])
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in text.split("\n\n")]
    return dict(zip(units, blocks, strict=True))


def loaded_words(directive: str, text: str, allowed: Mapping[str, frozenset[str]]) -> list[str]:
    """Return a property as the words that a table writes."""
    words = text.split()
    if directive == "SystemCallFilter":
        return filter_words(words, allowed)
    if directive in _LISTS and not words:
        return ["none"]
    return words


def filter_words(calls: list[str], allowed: Mapping[str, frozenset[str]]) -> list[str]:
    """Say a list of allowed calls by sets; one of calls that are denied begins with ``~``, and is said as it is."""
    if not calls or calls[0].startswith("~"):
        return calls
    here = frozenset(call.partition(":")[0] for call in calls)
    denied = [f"~{one}" for one in _DENIED if not (here - allowed["@clock"]) & allowed[one]]  # which may be added again
    words: list[str] = []
    left = here
    for base in _BASES:
        if left & allowed[base]:
            words.append(base)
            left -= allowed[base]
    return [*words, *sorted(left), *denied]


def runs_with(
    unit: str, directive: str, loaded: Mapping[str, list[str]], process: Process, first: Process
) -> str | Unavailable:
    """Tell where a process is not kept in as its unit says; empty where it is, or nobody can see."""
    value = loaded[directive]
    if value in (["no"], []):
        return ""
    if directive == "NoNewPrivileges" and not process.no_new_privileges:
        return f"{unit} runs without NoNewPrivileges"
    if directive in _FILTERS and not process.is_filtered:
        return f"{unit} runs without a filter of system calls"
    if directive == "CapabilityBoundingSet":
        more = process.bounding - {name.upper() for name in value} - {"NONE"}
        return f"{unit} runs with {', '.join(sorted(more))}" if more else ""
    if directive not in _MOUNTS:
        return ""
    mounts = Mounts(process.mountinfo)
    if mounts.ids == Mounts(first.mountinfo).ids:
        if not first.effective_mask & _SYS_ADMIN:
            return Unavailable("cannot be had: this container may not mount")
        return f"{unit} sees the host's file systems as they are"
    return _open_paths(unit, directive, value, mounts)


def _open_paths(unit: str, directive: str, value: list[str], mounts: Mounts) -> str:
    """Ask the process's own view of the file systems, in which alone the kernel lets it write."""
    if directive == "ProtectSystem":
        writable = [path for path in _PROTECTED.get(value[0], ()) if not mounts.is_read_only(path)]
        return f"{unit} can write to {', '.join(writable)}" if writable else ""
    if directive == "ReadWritePaths":
        paths = [re.sub("^[-+]+", "", word) for word in value]
        shut = [path for path in paths if Path(path).exists() and mounts.is_read_only(path)]
        return f"{unit} cannot write to {', '.join(shut)}" if shut else ""
    return ""


def _is_newer(path: Path, started_at: float | None) -> bool:
    try:
        return started_at is not None and path.stat().st_mtime > started_at
    except FileNotFoundError:  # that is drift, and is told as such
        return False


def _syscall_sets() -> dict[str, frozenset[str]]:
    """Return the calls of each set, those of the sets in it among them."""
    return read_sets(host.ask(["systemd-analyze", "syscall-filter", "--no-pager"]))


def read_sets(text: str) -> dict[str, frozenset[str]]:
    """Read what systemd-analyze prints: a set's name, and indented below it calls and other sets."""
    direct: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("@"):
            current = direct.setdefault(line.strip(), [])
        elif line.startswith(" ") and not line.strip().startswith("#"):
            current.append(line.strip())

    def every(name: str) -> frozenset[str]:
        return frozenset().union(*(every(one) if one.startswith("@") else {one} for one in direct.get(name, [])))

    return {name: every(name) for name in (*_BASES, *_DENIED)}
