"""Bans: what fail2ban has banned, held against what the kernel refuses, and how the host tells of it. Pure."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Action:
    """The nftables action of a jail, as fail2ban holds it; ``port`` is None where every port is meant."""

    table: str
    hook: str
    name: str
    port: str | None


@dataclass(frozen=True)
class Jail:
    """A running jail: whom it has banned, and what it has counted since fail2ban started."""

    name: str
    banned: tuple[str, ...]
    bans: int
    failures: int
    action: Action | None = None  # None: it bans in another way, which nobody can judge from here


@dataclass
class Table:
    """One of fail2ban's tables as the kernel has it: addresses by set, hooks by chain, (chain, set, ports) by rule."""

    sets: dict[str, set[str]] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)
    rules: list[tuple[str, str, frozenset[str] | None]] = field(default_factory=list)


def read_jail(name: str, status: Iterable[Any], action: Action | None) -> Jail:
    """Read the answer to ``status JAIL``: pairs of a title and pairs of a title and a value."""
    said = {title: dict(pairs) for title, pairs in status}
    actions, failures = said["Actions"], said["Filter"]
    banned = tuple(sorted(map(str, actions["Banned IP list"])))
    return Jail(name, banned, int(actions["Total banned"]), int(failures["Total failed"]), action)


def read_table(text: str) -> Table:
    """Read what ``nft -j list table`` prints; a rule counts where it refuses what comes from a set."""
    table = Table()
    for entry in json.loads(text)["nftables"] if text else []:
        ((kind, one),) = entry.items()
        if kind == "set":
            table.sets[one["name"]] = {_element(element) for element in one.get("elem", [])}
        elif kind == "chain" and "hook" in one:
            table.hooks[one["name"]] = one["hook"]
        elif kind == "rule" and any({"reject", "drop"} & step.keys() for step in one["expr"]):
            sets = [source for step in one["expr"] if (source := _source(step))]
            ports = [numbers for step in one["expr"] if (numbers := _ports(step)) is not None]
            table.rules += [(one["chain"], name, ports[0] if ports else None) for name in sets]
    return table


def _element(element: Any) -> str:
    return str(element["elem"]["val"] if isinstance(element, dict) else element)


def _source(step: Mapping[str, Any]) -> str | None:
    """Return the set that a step of a rule looks the sender up in."""
    match = step.get("match", {})
    is_sender = isinstance(match.get("left"), dict) and match["left"].get("payload", {}).get("field") == "saddr"
    right = match.get("right")
    return right[1:] if is_sender and isinstance(right, str) and right.startswith("@") else None


def _ports(step: Mapping[str, Any]) -> frozenset[str] | None:
    match = step.get("match", {})
    if not isinstance(match.get("left"), dict) or match["left"].get("payload", {}).get("field") != "dport":
        return None
    right = match["right"]
    each = right["set"] if isinstance(right, dict) and "set" in right else [right]
    return frozenset("-".join(map(str, one["range"])) if isinstance(one, dict) else str(one) for one in each)


def port_numbers(text: str) -> frozenset[str]:
    """Return the ports of a jail as nft shows them: numbers, and ranges as ``from-to``."""
    return frozenset(_number(one) for one in text.replace(":", "-").split(","))


def _number(one: str) -> str:
    try:
        return str(socket.getservbyname(one.strip()))
    except OSError:
        return one.strip()


def complaint(jail: Jail, table: Table) -> str | None:
    """Say what of a jail's bans the kernel does not carry out; None where it does, or bans in another way."""
    action = jail.action
    if action is None:
        return None
    wanted = None if action.port is None else port_numbers(action.port)
    for family, name in (("IPv4", f"addr-set-{action.name}"), ("IPv6", f"addr6-set-{action.name}")):
        ports = [at for chain, source, at in table.rules if source == name and table.hooks.get(chain) == action.hook]
        if not ports:
            return f"no rule at the kernel's {action.hook} refuses what {jail.name} bans ({family})"
        if wanted not in ports:
            return f"the kernel's rule for what {jail.name} bans is of other ports ({family})"
    missing = set(jail.banned).difference(*table.sets.values())
    if missing:
        return f"the kernel does not refuse {', '.join(sorted(missing)[:5])}, which {jail.name} has banned"
    return None


def metrics(jails: Iterable[Jail], complaints: Mapping[str, str]) -> bytes:
    """Write the text exposition format."""
    jails = sorted(jails, key=lambda one: one.name)
    lines = [
        "# HELP bongsu_bans_active Addresses that a jail of fail2ban bans now.",
        "# TYPE bongsu_bans_active gauge",
        *(f'bongsu_bans_active{{jail="{one.name}"}} {len(one.banned)}' for one in jails),
        "# HELP bongsu_bans_total Bans of a jail since fail2ban started, those among them that it took up again.",
        "# TYPE bongsu_bans_total counter",
        *(f'bongsu_bans_total{{jail="{one.name}"}} {one.bans}' for one in jails),
        "# HELP bongsu_bans_failures_total Failures that a jail has counted since fail2ban started.",
        "# TYPE bongsu_bans_failures_total counter",
        *(f'bongsu_bans_failures_total{{jail="{one.name}"}} {one.failures}' for one in jails),
        "# HELP bongsu_bans_enforced Whether the kernel refuses what a jail bans.",
        "# TYPE bongsu_bans_enforced gauge",
        *(f'bongsu_bans_enforced{{jail="{one.name}"}} {int(one.name not in complaints)}' for one in jails),
    ]
    return ("\n".join(lines) + "\n").encode()


def shut_out(address: str | None, never: Sequence[str], today: dt.date | None = None) -> str | None:
    """Say what to write in the inventory where the operator could be banned; None where not, or where nobody is."""
    if address is None or is_never_banned(address, never):
        return None
    later = (today or dt.datetime.now(dt.UTC).date()) + dt.timedelta(days=365)
    return (
        f"you are connected from {address}, which could be banned. Write in the inventory 'bongsu_operators: "
        f"[{address}]', where a network or a dynamic DNS name will do as well; or, where your address changes, "
        f"'bongsu_controls: {{ban.operator: {{waived: my address changes, until: \"{later}\"}}}}'"
    )


def is_never_banned(address: str, never: Sequence[str]) -> bool:
    """Tell whether an address is on a list of addresses, networks and names; a name that is not found covers nobody."""
    here = ipaddress.ip_address(address)
    here = here.ipv4_mapped or here if isinstance(here, ipaddress.IPv6Address) else here
    return any(here in network for entry in never for network in _networks(entry))


def is_found_alike(name: str) -> bool:
    """Tell whether another host is likely to find the same behind a name: one that is found, and is not this host's."""
    found = _networks(name)
    return bool(found) and not any(network.is_loopback for network in found)


def _networks(entry: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(entry, strict=False)]
    except ValueError:
        pass
    try:
        return [ipaddress.ip_network(found[4][0]) for found in socket.getaddrinfo(entry, None)]
    except OSError:
        return []
