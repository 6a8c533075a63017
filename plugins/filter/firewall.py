"""Filters of the firewall: what an inventory says of who may reach what, as nft reads it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu import firewall

DIRECTORY = "/etc/nftables.d"


def firewall_rules(
    sets: Mapping[str, Any],
    allow: Mapping[str, Any],
    opened: Sequence[Any],
    closed: Sequence[Any],
    ssh_ports: Sequence[Any],
) -> dict[str, Any]:
    """Return ``sets`` (name of nft -> elements), ``fragments`` (name -> lines) and the ports ``answered`` for.

    Whatever is wrong is told at once, each with its place and its cure.
    """
    found = firewall.read(sets, allow, opened, closed, ssh_ports)
    if found.problems:
        raise AnsibleFilterError("; ".join(f"{place}: {words}" for place, words in found.problems))
    return {
        "sets": {
            f"{name}_v{version}": firewall.elements(networks, version)
            for name, networks in sorted(found.sets.items())
            for version in (4, 6)
        },
        "fragments": {name: lines for name, lines in sorted(found.rules.items()) if lines},
        "answered": found.ports(),
    }


def firewall_files(fragments: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return each fragment as a file of a component."""
    head = "# Managed by bongsu (role firewall), and read within the chain 'allowed' of /etc/nftables.conf."
    return [
        {"dest": f"{DIRECTORY}/{name}.nft", "content": "\n".join([head, *lines, ""]), "units": ["nftables.service"]}
        for name, lines in fragments.items()
    ]


def firewall_document(answered: Sequence[str]) -> str:
    """Return what the host is to remember of the ports that the inventory answers for, as JSON."""
    return json.dumps({"answered": list(answered)}) + "\n"


def not_loopback(addresses: Sequence[str]) -> list[str]:
    """Leave out a host's addresses for itself alone, of which the firewall says nothing."""
    return [str(one) for one in addresses if not _is_loopback(str(one))]


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {
            "firewall_rules": firewall_rules,
            "firewall_files": firewall_files,
            "firewall_document": firewall_document,
            "not_loopback": not_loopback,
        }
