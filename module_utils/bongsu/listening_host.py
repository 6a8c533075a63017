"""Look which sockets of this host listen for others, who holds them, and over which port this very login came."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from . import host
from .listening import Listener, parse, secured, tunnels
from .processes import Process, all_processes

_TABLES = (("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp"), ("raw", "ip"), ("raw6", "ip"))
_SECOND_LOOK = 0.5  # seconds: what only asks something over UDP has its answer, or has given up, mostly
_EPHEMERAL = (32768, 60999)


def listeners() -> list[Listener]:
    """Return every socket that listens for others.

    A UDP socket on a port such as the kernel hands out to clients counts only when it is still there at a second look.
    """
    own = {address for _, address in _addresses()}
    first = _listed() + tunnels(_said("-details", "link")) + secured(host.run(["ip", "xfrm", "state"]).text, own)
    passing = [one for one in first if one.protocol == "udp" and _is_ephemeral(one.port)]
    if not passing:
        return first
    time.sleep(_SECOND_LOOK)
    still = set(_listed())
    return [one for one in first if one not in passing or one in still]


def _said(*words: str) -> list[dict[str, Any]]:
    """Return what iproute2 shows; nothing where it cannot tell."""
    output = host.run(["ip", "-json", *words, "show"])
    try:
        found: list[dict[str, Any]] = json.loads(output.text)
    except ValueError:
        return []
    return found


def _listed() -> list[Listener]:
    found = []
    for name, protocol in _TABLES:
        with suppress(FileNotFoundError):  # a kernel without IPv6
            found += parse(Path("/proc/net", name).read_text(encoding="ascii"), protocol)
    return found


def _is_ephemeral(port: int) -> bool:
    return _EPHEMERAL[0] <= port <= _EPHEMERAL[1]


def holders(found: Collection[Listener]) -> dict[int, str]:
    """Say of each socket's inode who holds it: the first process that does, and its unit."""
    wanted = {f"socket:[{one.inode}]": one.inode for one in found if one.inode}
    who: dict[int, str] = {}
    of_systemd = set()
    for process in all_processes():
        for name in {target for target, _ in process.descriptors()} & wanted.keys():
            if process.number == 1:  # it listens for a unit, which may run as well
                of_systemd.add(wanted[name])
            else:
                who.setdefault(wanted[name], _describe(process))
    who = dict.fromkeys(of_systemd, "systemd, for a socket unit,") | who
    return {one.inode: who.get(one.inode, "the kernel, or a process that cannot be seen,") for one in found}


def bridge_addresses(patterns: Collection[str]) -> set[str]:
    """Return the addresses of this host on interfaces whose names are like one of the patterns."""
    return {address for name, address in _addresses() if any(fnmatchcase(name, pattern) for pattern in patterns)}


def _addresses() -> list[tuple[str, str]]:
    """Return the addresses of this host, each with its interface."""
    return [
        (interface.get("ifname", ""), address["local"])
        for interface in _said("address")
        for address in interface.get("addr_info", [])
        if "local" in address
    ]


def _describe(process: Process) -> str:
    unit = f", {process.unit}" if process.unit else ""
    return f"{process.name or 'a process'} (process {process.number}{unit})"
