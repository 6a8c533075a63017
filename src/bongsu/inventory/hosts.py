"""Hosts and their addresses: somebody watches, everybody can be told apart and reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu.inventory.formats import is_address, is_hostname, is_ip
from bongsu.inventory.model import Problem, Unresolved
from bongsu.inventory.words import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory
    from bongsu.inventory.scan import Scan

_LOOPBACK = ("127.", "::1", "localhost")


def check_hosts(inventory: Inventory, scan: Scan) -> Iterator[Problem]:
    """Report an inventory without hosts or monitors, bad names and addresses that cannot be told apart."""
    where = _first_file(inventory, scan)
    if not inventory.hosts:
        yield Problem(where, "all.hosts", "there are no hosts; write at least one, in the group monitors")
        return
    if not inventory.in_group("monitors"):
        empty = "has no hosts" if "monitors" in inventory.groups else "is missing"
        message = f"the group {empty}: nothing would watch; put one host in it, better two ({one_of(inventory.hosts)})"
        yield Problem(where, "monitors", message, _line(scan.group_places.get("monitors")))
    for host in inventory.hosts.values():
        yield from _name(inventory, scan, host)
        yield from _addresses(inventory, host)
    yield from _shared_addresses(inventory, scan)
    yield from _ports(inventory)


def _name(inventory: Inventory, scan: Scan, host: Host) -> Iterator[Problem]:
    if not is_hostname(host.name):
        file, line = scan.hosts.get(host.name, (inventory.sources[0], None))
        cure = "use letters, digits and hyphens, 63 at most between dots; the address goes into ansible_host"
        yield Problem(file, host.name, f"is not a host name that a certificate can carry; {cure}", line)


def _addresses(inventory: Inventory, host: Host) -> Iterator[Problem]:
    for variable in ("bongsu_address", "ansible_host"):
        if variable not in host.variables:
            continue
        value = host.variables[variable]
        if isinstance(value, Unresolved):
            continue
        if value is None or not str(value).strip():
            message = f"is empty; write the address of {host.name}, or remove it if the name resolves"
            yield inventory.problem(host, (variable,), message)
        elif not is_address(str(value)) and not (variable == "bongsu_address" and _is_bracketed(str(value))):
            how = "write it as 192.0.2.10, 2001:db8::10 or db1.example.org; a port goes into ansible_port"
            yield inventory.problem(host, (variable,), f"'{value}' is not an address; {how}")


def _is_bracketed(text: str) -> bool:
    """Say whether the text is an IPv6 address in brackets, which the filter `host_address` takes off."""
    return text.startswith("[") and text.endswith("]") and is_ip(text[1:-1])


def _shared_addresses(inventory: Inventory, scan: Scan) -> Iterator[Problem]:
    """Report hosts with one address, and a loopback address among several hosts."""
    first: dict[str, Host] = {}
    several = len(inventory.hosts) > 1
    for host in inventory.hosts.values():
        address = host.address
        if address is None or not address.strip():
            continue
        variable = _address_variable(host)
        if several and address.lower().startswith(_LOOPBACK):
            why = f"the other hosts would reach themselves at {address}"
            message = f"{why}; set bongsu_address to the address of {host.name} that they can reach"
            if variable is None:
                file, line = scan.hosts.get(host.name, (inventory.sources[0], None))
                yield Problem(file, host.name, message, line)
            else:
                yield inventory.problem(host, (variable,), message)
            continue
        other = first.setdefault(address.lower(), host)
        if other is not host:
            message = f"{host.name} has the address {address}, as {other.name} has; give each its own"
            yield inventory.problem(host, (variable or "ansible_host",), message)


def _address_variable(host: Host) -> str | None:
    if host.is_local and not host.variables.get("bongsu_address") and not host.variables.get("ansible_host"):
        return "ansible_connection"
    return next((name for name in ("bongsu_address", "ansible_host") if host.variables.get(name)), None)


def _ports(inventory: Inventory) -> Iterator[Problem]:
    """Report two roles of a host that would listen on the same port."""
    schema = inventory.schema
    for host in inventory.hosts.values():
        taken: dict[int, str] = {}
        for role in sorted(schema.roles):
            if host.name not in inventory.groups.get(schema.role_hosts.get(role, ""), ()):
                continue
            for variable in (f"{role}_port", f"{role}_cluster_port"):  # others name a port of another role
                value = host.get(variable)
                if value is None or not str(value).isdigit():
                    continue
                other = taken.setdefault(int(value), variable)
                if other != variable:
                    blamed = variable if variable in host.variables else other
                    rival = other if blamed == variable else variable
                    message = f"port {value} is {rival}'s on the same host; choose another"
                    yield inventory.problem(host, (blamed,), message)


def _first_file(inventory: Inventory, scan: Scan) -> str:
    places = list(scan.group_places.values())
    return places[0][0] if places else inventory.sources[0]


def _line(place: tuple[str, int] | None) -> int | None:
    return place[1] if place else None
