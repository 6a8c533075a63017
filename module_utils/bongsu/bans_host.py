"""Look at the bans of this host: have the kernel carry out what fail2ban has banned, and tell node_exporter of them."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from . import bans, controls, host, login
from .component import store
from .errors import BongsuError
from .fail2ban import SOCKET, RefusedError, Server

METRICS = "bongsu_bans.prom"
OPERATOR = "operator"  # the setting that says: whoever provisions over SSH is not banned
_ACTION = "nftables"
_PAUSE = 0.2  # seconds between two looks: fail2ban notes a ban first, and then has it carried out
_LOOKS = 6
_PATIENCE = 5.0  # seconds that a fail2ban has which systemd has just started


def main() -> int:
    """Run this verb alone: once a minute, without loading what the others need."""
    parser = argparse.ArgumentParser(prog="bongsu bans", description=__doc__)
    add_arguments(parser)
    try:
        return run(parser.parse_args(sys.argv[2:]))
    except BongsuError as error:
        sys.stderr.write(f"bongsu: {error}\n")
        return 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--repair", action="store_true", help="have fail2ban set up anew what the kernel has lost")
    parser.add_argument("--textfile", action="store_true", help="write the metrics for node_exporter")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--operator", type=Path, metavar="FILE", help="tell only whether FILE lets you be banned")


def run(options: argparse.Namespace) -> int:
    """Tell of each jail; return 1 where the kernel does not carry out what one has banned, else 0."""
    if options.operator:
        refuse_to_shut_out(options.operator)
        return 0
    try:
        found, complaints = _look_and_repair() if options.repair else look()
    except BongsuError:
        if options.textfile:
            store.export(METRICS, None)
        raise
    if options.textfile:
        store.export(METRICS, bans.metrics(found, complaints))
    elif options.json:
        told = [{**asdict(one), "complaint": complaints.get(one.name)} for one in found]
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        lines = [complaints.get(one.name) or f"{one.name}: {', '.join(one.banned) or 'nobody'}" for one in found]
        sys.stdout.write("\n".join(lines) + "\n")
    return 1 if complaints else 0


def _look_and_repair() -> tuple[list[bans.Jail], dict[str, str]]:
    end = time.monotonic() + _PATIENCE
    while not os.path.exists(SOCKET) and time.monotonic() < end:
        time.sleep(_PAUSE)
    with _alone():
        found, complaints = look()
        if complaints:
            restart(complaints)
            found, complaints = look()
    return found, complaints


@contextmanager
def _alone() -> Iterator[None]:
    """Keep another look out: two would start the same jail anew."""
    directory = os.path.dirname(SOCKET)
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except FileNotFoundError:
        raise BongsuError(f"fail2ban does not run: there is no {directory}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def look() -> tuple[list[bans.Jail], dict[str, str]]:
    """Return the jails, and by jail what the kernel does not carry out; what it is only about to, is no complaint."""
    found, complaints = _look_once()
    before = {one.name: one.banned for one in found}
    for _ in range(_LOOKS):
        if complaints:
            time.sleep(_PAUSE)
            found, complaints = _look_once(before)
    return found, complaints


def _look_once(before: Mapping[str, Sequence[str]] | None = None) -> tuple[list[bans.Jail], dict[str, str]]:
    """Look; of the bans only those count that each jail had ``before``, where that is given."""
    with Server() as server:
        found = [bans.read_jail(name, server.ask("status", name), action(server, name)) for name in server.jails()]
    tables = {name: table(name) for name in {one.action.table for one in found if one.action}}
    judged = {}
    for one in found:
        if one.action:
            lasting = one.banned if before is None else {*one.banned}.intersection(before.get(one.name, ()))
            judged[one.name] = bans.complaint(replace(one, banned=tuple(sorted(lasting))), tables[one.action.table])
    return found, {name: words for name, words in judged.items() if words}


def action(server: Server, jail: str) -> bans.Action | None:
    """Ask for the nftables action of a jail; None where it has none, or one that is not as Debian has it."""

    def said(name: str) -> str:
        return str(server.ask("get", jail, "action", _ACTION, name))

    try:
        if said("type") not in ("multiport", "allports"):
            return None
        port = said("port") if said("type") == "multiport" else None
        return bans.Action(f"{said('table_family')} {said('table')}", said("chain_hook"), said("name"), port)
    except RefusedError:
        return None


def table(name: str) -> bans.Table:
    """Ask the kernel for a table; an empty one where it has none."""
    output = host.run(["nft", "--json", "list", "table", *name.split()])
    return bans.read_table(output.text if output.status == 0 else "")


def restart(jails: dict[str, str]) -> None:
    """Have fail2ban set its jails up anew; whom they have banned comes back from its database."""
    for name, words in sorted(jails.items()):
        sys.stderr.write(f"bongsu: {words}; starting the jail anew\n")
        output = host.run(["fail2ban-client", "reload", "--restart", "--if-exists", name])
        if output.status != 0:
            sys.stderr.write(f"bongsu: {output.text}\n")


def refuse_to_shut_out(document: Path) -> None:
    """Raise BongsuError where whoever runs this over SSH could be banned by what a role has left on the host."""
    _, known = controls.read(document.read_text(encoding="utf-8"), str(document))
    sets = [one.get("fail2ban", {}) for one in known]
    never = [
        str(entry) for one in sets for name, listed in one.items() if name.endswith(".ignoreip") for entry in listed
    ]
    guarded = any(name.endswith(f".{OPERATOR}") for one in sets for name in one)
    refusal = bans.shut_out(login.came_from(), never) if guarded else None
    if refusal:
        raise BongsuError(refusal)
