"""Who may reach what on a host: the inventory's words, judged, and written as the rules of nft. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bongsu.hostside import listening
from bongsu.inventory.words import one_of, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ANY = "any"
OPEN = "open"  # the rule of what is open to everyone
RESERVED = (OPEN, "ssh", "ping")  # rules and counters of the role's own
_WITH_PORTS = ("tcp", "udp")
_KEYS = ("ports", "protocol", "from")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HOW_PORT = (
    "write a number from 1 to 65535, a range as '60000-61000', another protocol as '53/udp', "
    "and one without ports by its own number, as '112/ip'"
)
# Their packets are judged by rules of their own, or all of them would be let in at once.
_NEVER_WHOLE = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 58: "ICMPv6"}
_HOW_NAME = "use small letters, digits and '_', a letter first"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass
class Firewall:
    """What an inventory asks for: ``problems`` as (path, what is wrong and the cure); the rest counts without any.

    ``sets`` has the networks of each group; ``rules`` the lines of each entry; ``answered`` the ports of which the
    inventory says anything, by protocol.
    """

    sets: dict[str, list[Network]] = field(default_factory=dict)
    rules: dict[str, list[str]] = field(default_factory=dict)
    answered: dict[str, list[listening.Span]] = field(default_factory=lambda: {"tcp": [], "udp": [], "ip": []})
    problems: list[tuple[str, str]] = field(default_factory=list)

    def ports(self) -> list[str]:
        """Write the ports that are answered for, as an inventory does."""
        return [
            f"{_written(span)}/{protocol}" for protocol in self.answered for span in merged(self.answered[protocol])
        ]


def read(sets: object, allow: object, opened: object = (), closed: object = (), ssh_ports: object = (22,)) -> Firewall:
    """Judge the values of firewall_sets, firewall_allow, firewall_open, firewall_close and firewall_ssh_ports."""
    found = Firewall()
    for name, members in _mapping(found, "firewall_sets", sets):
        place = f"firewall_sets.{name}"
        if not _NAME.fullmatch(name) or name == ANY:
            found.problems.append((place, f"'{name}' is no name for a set; {_HOW_NAME}"))
        listed = _listed(found, place, members)
        found.sets[name] = [one for at, member in listed if (one := _network(found, at, member))]
    for name, entry in _mapping(found, "firewall_allow", allow):
        _allow(found, name, entry)
    spans = _ports(found, "firewall_open", opened, "tcp")
    found.rules[OPEN] = [_rule("", match, OPEN) for match in _matches(spans)]
    for place, ports in (("firewall_close", closed), ("firewall_ssh_ports", ssh_ports)):
        _ports(found, place, ports, "tcp")
    if not ssh_ports:
        found.problems.append(("firewall_ssh_ports", "is empty, which would shut everybody out; name sshd's port"))
    return found


def merged(spans: Sequence[listening.Span]) -> list[listening.Span]:
    """Join spans that overlap or touch: nft takes no two that do."""
    joined: list[listening.Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def elements(networks: Sequence[Network], version: int) -> list[str]:
    """Write the networks of one version of IP as a set's elements, none within another."""
    four = [one for one in networks if isinstance(one, ipaddress.IPv4Network)]
    six = [one for one in networks if isinstance(one, ipaddress.IPv6Network)]
    joined = ipaddress.collapse_addresses(four) if version == 4 else ipaddress.collapse_addresses(six)
    return [_shown(one) for one in joined]


def _allow(found: Firewall, name: str, entry: object) -> None:
    place = f"firewall_allow.{name}"
    if not _NAME.fullmatch(name) or name in RESERVED:
        taken = f"is one of bongsu's own ({', '.join(RESERVED)})" if name in RESERVED else "is no name for a rule"
        found.problems.append((place, f"'{name}' {taken}; {_HOW_NAME}"))
    if not isinstance(entry, dict):
        found.problems.append((place, "is not a mapping; write {ports: [5432], from: [monitors]}"))
        return
    for key in entry:
        if key not in _KEYS:
            cure = suggest(str(key), _KEYS) or f"known are {one_of(_KEYS)}"
            found.problems.append((f"{place}.{key}", f"is not known here; {cure}"))
    matches = _what(found, place, entry)
    sources = _sources(found, f"{place}.from", entry.get("from"))
    found.rules[name] = [_rule(source, match, name) for source in sources for match in matches]


def _what(found: Firewall, place: str, entry: Mapping[str, Any]) -> list[str]:
    """Return what an entry is about, as nft matches it."""
    protocol, ports = entry.get("protocol", "tcp"), entry.get("ports")
    if protocol in _WITH_PORTS:
        if not ports:
            found.problems.append((f"{place}.ports", "names no port; write a list, as in [5432]"))
        return _matches(_ports(found, f"{place}.ports", ports or [], protocol))
    number = listening.PORTLESS.get(protocol, protocol)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 256:
        known = one_of([*_WITH_PORTS, *listening.PORTLESS], 20)
        found.problems.append((f"{place}.protocol", f"'{protocol}' is not known; write {known}, or its number"))
    else:
        found.answered["ip"].append((number, number))
    if ports:
        found.problems.append((f"{place}.ports", f"{protocol} has no ports; leave them out"))
    return [f"meta l4proto {number}"]


def _sources(found: Firewall, place: str, given: object) -> list[str]:
    """Return where an entry lets come from, as nft matches it."""
    listed = list(_listed(found, place, given or []))
    if not listed:
        found.problems.append((place, f"says nobody; name sets or addresses, or '{ANY}' for everyone"))
    lines, networks = [], []
    for at, one in listed:
        if one == ANY:
            return [""]
        if one in found.sets:
            lines += [f"ip saddr @{one}_v4 ", f"ip6 saddr @{one}_v6 "]
        elif isinstance(one, str) and _NAME.fullmatch(one):
            cure = suggest(one, list(found.sets)) or f"known are {one_of(sorted(found.sets), 20)}"
            found.problems.append((at, f"there is no set '{one}' in firewall_sets; {cure}"))
        elif network := _network(found, at, one):
            networks.append(network)
    four, six = elements(networks, 4), elements(networks, 6)
    lines += [f"ip saddr {{ {', '.join(four)} }} "] if four else []
    return lines + ([f"ip6 saddr {{ {', '.join(six)} }} "] if six else [])


def _ports(found: Firewall, place: str, given: object, protocol: str) -> dict[str, list[listening.Span]]:
    spans: dict[str, list[listening.Span]] = {}
    for at, one in _listed(found, place, given):
        match = None if isinstance(one, bool) else listening.ANSWER.fullmatch(str(one).strip())
        first = int(match[1]) if match else 0
        last = int(match[2] or match[1]) if match else 0
        if match is None or not 0 < first <= last < (256 if match[3] == "ip" else 65536):
            found.problems.append((at, f"'{one}' is no port; {_HOW_PORT}"))
            continue
        whole = [name for number, name in _NEVER_WHOLE.items() if match[3] == "ip" and first <= number <= last]
        if whole and place != "firewall_close":
            found.problems.append((at, f"'{one}' would be all of {', '.join(whole)}; name ports, or another number"))
            continue
        spans.setdefault(match[3] or protocol, []).append((first, last))
    for name, listed in spans.items():
        found.answered[name] += listed
    return spans


def _matches(spans: Mapping[str, Sequence[listening.Span]]) -> list[str]:
    return [
        f"{'meta l4proto' if name == 'ip' else f'{name} dport'} {{ {', '.join(map(_written, merged(spans[name])))} }}"
        for name in sorted(spans)
    ]


def _rule(source: str, match: str, name: str) -> str:
    return f"{source}{match} counter name accepted_{name} accept"


def _network(found: Firewall, place: str, given: object) -> Network | None:
    text = str(given).strip().removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        cure = f"has bits beyond its prefix; write '{ipaddress.ip_network(text, strict=False)}'"
    except ValueError:
        cure = "is no address, and a name cannot be looked up before the network is up; write an address or a network"
        if place.startswith("firewall_sets."):
            cure += ", or give that host bongsu_address"
    found.problems.append((place, f"'{given}' {cure}"))
    return None


def _mapping(found: Firewall, place: str, given: object) -> Iterator[tuple[str, object]]:
    if isinstance(given, dict):
        yield from ((str(name), value) for name, value in sorted(given.items(), key=lambda item: str(item[0])))
    else:
        found.problems.append((place, "is not a mapping; write `NAME:` lines below it"))


def _listed(found: Firewall, place: str, given: object) -> Iterator[tuple[str, object]]:
    if isinstance(given, list | tuple):
        yield from ((f"{place}[{number}]", one) for number, one in enumerate(given))
    else:
        found.problems.append((place, "is not a list; write it in brackets, as in [22]"))


def _written(span: listening.Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _shown(network: Network) -> str:
    return str(network.network_address) if network.num_addresses == 1 else str(network)
