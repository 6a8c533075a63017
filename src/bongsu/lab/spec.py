"""What an inventory says about a lab: its name, its network and its hosts."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.errors import BadInput
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RELEASES = {"12": "bookworm", "13": "trixie"}
SINK_OFFSET = 5  # the sink's place in the lab's network
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class LabHost:
    """One host of the lab."""

    name: str
    release: str
    address: str
    units: tuple[str, ...] = ()
    as_machine: bool = False  # scanners of security take it for a machine of its own (see as_machine.py)

    @property
    def mac(self) -> str:
        """A hardware address made of the IP address: a host that comes back leaves no stale ARP entry."""
        return "02:b0:" + ipaddress.IPv4Address(self.address).packed.hex(":")


@dataclass(frozen=True)
class LabSpec:
    """One lab, as its inventory describes it."""

    name: str
    subnet: ipaddress.IPv4Network
    hosts: tuple[LabHost, ...]

    @property
    def gateway(self) -> str:
        """The machine's own address in the lab's network."""
        return str(self.subnet.network_address + 1)

    @property
    def sink_address(self) -> str:
        """The address of the container that receives notifications."""
        return str(self.subnet.network_address + SINK_OFFSET)

    @property
    def releases(self) -> list[str]:
        """The Debian releases in use, oldest first."""
        return sorted({host.release for host in self.hosts})

    def host(self, name: str) -> LabHost:
        """Return the host of that name, or raise BadInput with the names that exist."""
        for host in self.hosts:
            if host.name == name:
                return host
        known = ", ".join(host.name for host in self.hosts)
        raise BadInput(f"the lab has no host '{name}'; it has {known}")


def read_spec(inventory: Path) -> LabSpec:
    """Read the lab from an inventory directory or file, through Ansible's own parser."""
    if not inventory.exists():
        raise BadInput(f"{inventory}: there is no such inventory")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "inventory", "--inventory", str(inventory), "--list"],
        capture_output=True,
        text=True,
        check=False,
        env=machine.environment(ANSIBLE_CONFIG=str(paths.project_root() / "ansible.cfg")),
    )
    if done.returncode != 0:
        raise BadInput(f"{inventory}: {done.stderr.strip()}")
    return parse_spec(json.loads(done.stdout)["_meta"]["hostvars"], str(inventory))


def parse_spec(hostvars: Mapping[str, Mapping[str, Any]], source: str) -> LabSpec:
    """Make the lab's description of every host's variables; `source` is named in errors."""
    if not hostvars:
        raise BadInput(f"{source}: the inventory has no hosts")
    name = _shared(hostvars, "lab_name", source)
    if not _NAME.fullmatch(name):
        raise BadInput(f"{source}: lab_name '{name}': use small letters, digits and '-', a letter first")
    text = _shared(hostvars, "lab_subnet", source)
    try:
        subnet = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise BadInput(f"{source}: lab_subnet: {error}; write it as '10.89.77.0/24'") from None
    hosts = tuple(_host(host, values, subnet, source) for host, values in sorted(hostvars.items()))
    taken: dict[str, str] = {
        str(subnet.network_address + 1): "the machine",
        str(subnet.network_address + SINK_OFFSET): "the sink",
    }
    for host in hosts:
        if host.address in taken:
            raise BadInput(f"{source}: {host.name}: {host.address} is already the address of {taken[host.address]}")
        taken[host.address] = host.name
    return LabSpec(name, subnet, hosts)


def _shared(hostvars: Mapping[str, Mapping[str, Any]], variable: str, source: str) -> str:
    """Return the one value that all hosts have for a variable."""
    values = {str(values.get(variable, "")) for values in hostvars.values()}
    if len(values) != 1 or values == {""}:
        raise BadInput(f"{source}: {variable}: give it once, for the group 'all'")
    return values.pop()


def _host(name: str, values: Mapping[str, Any], subnet: ipaddress.IPv4Network, source: str) -> LabHost:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{source}: host '{name}': use small letters, digits and '-', a letter first")
    release = str(values.get("lab_release", ""))
    if release not in RELEASES:
        known = " or ".join(f'"{known}"' for known in RELEASES)
        raise BadInput(f"{source}: {name}: lab_release: write {known}, not '{release}'")
    text = str(values.get("ansible_host", ""))
    try:
        inside = ipaddress.IPv4Address(text) in subnet
    except ValueError:
        inside = False
    if not inside:
        raise BadInput(f"{source}: {name}: ansible_host: '{text}' is not an address in {subnet}")
    units = values.get("lab_units", [])
    if not isinstance(units, list):
        raise BadInput(f"{source}: {name}: lab_units: write a list of unit names")
    as_machine = values.get("lab_as_machine", False)
    if not isinstance(as_machine, bool):
        raise BadInput(f"{source}: {name}: lab_as_machine: write true or false, not '{as_machine}'")
    return LabHost(name, release, text, tuple(str(unit) for unit in units), as_machine)
