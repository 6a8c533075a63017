"""What listens on a host for others, and which of it a firewall would cut off without anybody having said so. Pure."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import BongsuError

Span = tuple[int, int]  # first and last port
# Protocols of IP that have no ports, by number (IANA's "Assigned Internet Protocol Numbers"), as nft takes them.
PORTLESS = {"ah": 51, "esp": 50, "gre": 47, "ipip": 4, "ospf": 89, "pim": 103, "sit": 41, "vrrp": 112}
_NAMES = {number: name for name, number in PORTLESS.items()}
# State of a socket in /proc/net: a TCP socket that listens, a UDP or a raw one that takes from anybody (no peer).
_STATES = {"tcp": "0A", "udp": "07", "ip": "07"}
ANSWER = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|ip))?")
# Kinds of interfaces (ip-link(8)) whose packets come to the kernel itself, by protocol.
_TUNNELS = {
    **dict.fromkeys(("gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan"), ("gre",)),
    "ipip": ("ipip",),
    "sit": ("sit",),
    "ip6tnl": ("ipip", "sit"),  # it carries both versions of IP
}
_SECURED = re.compile(r"^src \S+ dst (\S+)\n\s+proto (esp|ah) ", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Listener:
    """A socket that others could reach: tcp or udp, the port and address it is bound to, and its inode.

    One of a protocol of IP that has no ports is ``ip``, and its number stands for the port; the kernel's have no inode.
    """

    protocol: str
    port: int
    address: str
    inode: int = 0

    @property
    def name(self) -> str:
        """Write the port as messages do."""
        return f"{self.port}/{self.protocol}"

    @property
    def words(self) -> str:
        """Write the port with the name of what has none."""
        return f"{self.name} ({_NAMES[self.port]})" if self.protocol == "ip" else self.name


def parse(text: str, protocol: str, byteorder: str = sys.byteorder) -> list[Listener]:
    """Read a table of /proc/net, as of tcp or udp6: who listens there, and not on the loopback address alone."""
    found = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 10 or fields[3] != _STATES[protocol]:
            continue
        address, _, port = fields[1].partition(":")
        bound, number = _address(address, byteorder), int(port, 16)
        if not bound.is_loopback and (protocol != "ip" or number in _NAMES):
            found.append(Listener(protocol, number, str(bound), int(fields[9])))
    return found


def tunnels(links: Iterable[Mapping[str, Any]]) -> list[Listener]:
    """Read what `ip -json -details link show` says: the tunnels that are up, which no socket tells of."""
    return [
        Listener("ip", PORTLESS[name], str(link.get("ifname", "")))
        for link in links
        if "UP" in link.get("flags", [])
        for name in _TUNNELS.get(link.get("linkinfo", {}).get("info_kind"), ())
    ]


def secured(text: str, own: Collection[str]) -> list[Listener]:
    """Read what `ip xfrm state` says: what IPsec takes at ``own`` addresses that does not come within UDP."""
    states = re.split(r"\n(?=src )", text)
    return sorted(
        {
            Listener("ip", PORTLESS[match[2]], match[1])
            for state in states
            if (match := _SECURED.match(state)) and match[1] in own and "encap type espinudp" not in state
        }
    )


def spans(answers: Iterable[str | int]) -> dict[str, list[Span]]:
    """Read ports as an inventory writes them: 22, '60000-61000/udp', '112/ip'; BongsuError for anything else."""
    read: dict[str, list[Span]] = {"tcp": [], "udp": [], "ip": []}
    for one in answers:
        match = ANSWER.fullmatch(str(one))
        if match is None:
            raise BongsuError(f"'{one}' is no port; write it as 22, '53/udp', '60000-61000/udp' or '112/ip'")
        read[match[3] or "tcp"].append((int(match[1]), int(match[2] or match[1])))
    return read


def covers(answers: dict[str, list[Span]], listener: Listener) -> bool:
    """Whether the port is among the answers."""
    return any(first <= listener.port <= last for first, last in answers[listener.protocol])


def closing(
    listeners: Collection[Listener],
    wanted: Iterable[str | int],
    placed: Iterable[str | int] | None,
    bridges: Collection[str] = (),
) -> list[Listener]:
    """Return those that the wanted rules would cut off and that nobody has answered for.

    ``placed`` are the answers to which the rules that are in force were made, None where there are none yet: what was
    shut already is shut no tighter. ``bridges`` are the addresses on which container engines serve DNS and DHCP.
    """
    now, before = spans(wanted), None if placed is None else spans(placed)
    return sorted(
        one
        for one in listeners
        if not covers(now, one)
        and (before is None or covers(before, one))
        and not (one.port in (53, 67) and one.address in bridges)
    )


def question(found: Sequence[tuple[Listener, str]], opened: Sequence[object], closed: Sequence[object]) -> str:
    """Ask about sockets, each with who holds it; say the lines of the inventory that would answer."""
    names: dict[str, Listener] = {one.name: one for one, _ in found}
    ports = [one.port if one.protocol == "tcp" else name for name, one in names.items()]
    listed = [f"  {one.words}: {who} listens on {one.address}" for one, who in found]
    return "\n".join(
        [
            f"The firewall would close {', '.join(names)}, and the inventory does not say that it may.",
            *listed,
            "Answer in the inventory, for each port in one of these lines:",
            f"  to everyone:   firewall_open: {_list([*opened, *ports])}",
            f"  to some:       firewall_allow: {{NAME: {{{_entry(found[0][0])}, from: [monitors]}}}}",
            f"  to nobody:     firewall_close: {_list([*closed, *ports])}",
        ]
    )


def _entry(one: Listener) -> str:
    """Write what an entry of firewall_allow is about."""
    if one.protocol == "ip":
        return f"protocol: {_NAMES[one.port]}"
    return f"ports: [{one.port}]" + ("" if one.protocol == "tcp" else f", protocol: {one.protocol}")


def _list(values: Sequence[object]) -> str:
    return f"[{', '.join(map(str, values))}]"


def _address(text: str, byteorder: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address as the kernel prints it: words of four bytes, each in the machine's own order."""
    raw = bytes.fromhex(text)
    words = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    plain = b"".join(word[::-1] if byteorder == "little" else word for word in words)
    found = ipaddress.ip_address(plain)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
