"""Who may reach what: sets, ports and addresses that the firewall of a host would not take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bongsu import firewall
from bongsu.inventory.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory, KeyPath, Problem

# Variable -> what stands for one that is not written; the sets are those that every host knows.
_OWN: dict[str, Any] = {"firewall_sets": {}, "firewall_allow": {}, "firewall_open": [], "firewall_close": []}
_KNOWN: dict[str, list[str]] = {"monitors": [], "operators": []}
_SSH_PORTS = "firewall_ssh_ports"
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def check_firewall(inventory: Inventory) -> Iterator[Problem]:
    """Check the words of every host that has any."""
    for host in inventory.hosts.values():
        if any(name in host.variables for name in (*_OWN, _SSH_PORTS)):
            for place, message in firewall.read(*_values(host)).problems:
                yield inventory.problem(host, _path(place), message)


def _values(host: Host) -> Iterator[Any]:
    """Yield the values as firewall.read() takes them; one that is only known in the run counts as not written."""
    for name, absent in _OWN.items():
        value = host.variables.get(name, absent)
        value = absent if value is None or _is_unresolved(value) else value
        yield _KNOWN | value if name == "firewall_sets" and isinstance(value, dict) else value
    ports = host.variables.get(_SSH_PORTS, [22])
    yield [22] if _is_unresolved(ports) else ports


def _is_unresolved(value: Any) -> bool:
    """Whether a value, or anything in it, is not known before the run."""
    if isinstance(value, dict):
        return any(map(_is_unresolved, value.values()))
    return any(map(_is_unresolved, value)) if isinstance(value, list) else isinstance(value, Unresolved)


def _path(place: str) -> KeyPath:
    """Part a place, as in firewall_allow.db.ports[0], into its keys."""
    return tuple(int(number) if number else name for number, name in _STEP.findall(place))
