"""Who may reach what: sets, ports and addresses that the firewall of a host would not take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bongsu import firewall
from bongsu.inventory.formats import is_ip
from bongsu.inventory.model import Unresolved
from bongsu.inventory.words import one_of

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
    yield from _named_monitors(inventory)


def _named_monitors(inventory: Inventory) -> Iterator[Problem]:
    """Tell of a monitor that is known by a name alone, where another host's firewall is to let it in."""
    asking = [host.name for host in inventory.hosts.values() if _lets_monitors_in(host)]
    for monitor in inventory.in_group("monitors"):
        address = monitor.address
        others = [name for name in asking if name != monitor.name]
        if others and address is not None and not is_ip(address.removeprefix("[").removesuffix("]")):
            cannot = (
                f"the firewall of {one_of(others)} is to let {address} in, and no name can be looked up while it boots"
            )
            variable = next((name for name in ("bongsu_address", "ansible_host") if monitor.variables.get(name)), None)
            message = f"{cannot}; write bongsu_address: ADDRESS for {monitor.name}"
            yield inventory.problem(monitor, (variable or "bongsu_address",), message)


def _lets_monitors_in(host: Host) -> bool:
    """Whether a host has a firewall, and takes the monitors from their group."""
    profile = host.variables.get("firewall_profile", host.variables.get("bongsu_profile"))
    state = host.variables.get("firewall_state", "absent" if profile == "none" else "present")
    sets = host.variables.get("firewall_sets")
    return state != "absent" and not (isinstance(sets, dict) and "monitors" in sets)


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
