"""Filters of the firewall: what an inventory says of who may reach what, as nft reads it."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu import firewall

_OF_SCHEME = {"http": 80, "https": 443}
# scheme, and port: HOST, HOST:PORT, SCHEME://HOST:PORT/PATH; not a bare IPv6 address
_TARGET = re.compile(r"(?:(\w+)://)?(?:[^@/]*@)?(?:\[[^\]]*\]|[^:/?\[\]]*)(?::(\d{1,5}))?(?:[/?].*)?")


def firewall_rules(
    sets: Mapping[str, Any],
    allow: Mapping[str, Any],
    opened: Sequence[Any],
    closed: Sequence[Any],
    ssh_ports: Sequence[Any],
    probed: Sequence[Any] = (),
) -> dict[str, Any]:
    """Return ``sets`` (name of nft -> elements), ``rules`` (name -> lines) and the ports ``answered`` for.

    ``probed`` are ports that the monitors reach as well. That says nothing of who else does: it answers for none.
    Whatever is wrong is told at once, each with its place and its cure.
    """
    found = firewall.read(sets, allow, opened, closed, ssh_ports)
    if probed:
        own = firewall.read(sets, {"probes": {"ports": probed, "from": ["monitors"]}})
        found.rules = {**own.rules, **found.rules}
    if found.problems:
        raise AnsibleFilterError("; ".join(f"{place}: {words}" for place, words in found.problems))
    return {
        "sets": {
            f"{name}_v{version}": firewall.elements(networks, version)
            for name, networks in sorted(found.sets.items())
            for version in (4, 6)
        },
        "rules": {name: lines for name, lines in sorted(found.rules.items()) if lines},
        "answered": found.ports(),
    }


def firewall_document(wanted: Mapping[str, Any]) -> str:
    """Return what the host is told before rules come, and remembers of them, as JSON."""
    return json.dumps(wanted, indent=1, sort_keys=True) + "\n"


def probed_ports(probes: Iterable[Mapping[str, Any]]) -> list[int | str]:
    """Return the ports that probes are of, as an inventory writes them; pings have none."""
    found: set[tuple[int, bool]] = set()
    for probe in probes:
        module = str(probe.get("module", "http_2xx"))
        match = _TARGET.fullmatch(str(probe["target"]))
        scheme, port = match.groups() if match else (None, None)
        usual = 53 if module == "dns" else _OF_SCHEME.get(scheme or ("http" if module.startswith("http") else ""))
        if module != "icmp" and (port or usual):
            found.add((int(port or usual or 0), module == "dns"))
    return [f"{port}/udp" if is_udp else port for port, is_udp in sorted(found)]


def addresses(given: Sequence[Any]) -> list[str]:
    """Leave names out: they cannot be looked up while a host boots."""
    return [str(one) for one in given if _is_network(str(one))]


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {
            "firewall_rules": firewall_rules,
            "firewall_document": firewall_document,
            "probed_ports": probed_ports,
            "addresses": addresses,
        }
