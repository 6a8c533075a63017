"""The lab's network: a bridge of its own, on a range that the machine does not use."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu.errors import BadInput
from bongsu.lab import machine
from bongsu.lab.podman import LABEL, Podman

if TYPE_CHECKING:
    from bongsu.lab.spec import LabSpec

LINKS = Path("/sys/class/net")


def ensure(podman: Podman, spec: LabSpec) -> None:
    """Make the network exist; BadInput when its name or its range is somebody else's."""
    found = podman.network(spec.name)
    if found is None:
        used = machine.conflict(spec.subnet, machine.routes())
        if used:
            raise BadInput(
                f"lab_subnet {spec.subnet}: this machine already uses {used}; "
                "choose another range, and addresses in it for the hosts"
            )
        # Without names of its own: what works here must work by address, as between real servers.
        label = f"--label={LABEL}={spec.name}"
        addresses = (f"--subnet={spec.subnet}", f"--gateway={spec.gateway}")
        podman.run("network", "create", label, "--disable-dns", *addresses, spec.name)
        return
    if found.get("labels", {}).get(LABEL) != spec.name:
        raise BadInput(f"a podman network '{spec.name}' exists that is not the lab's; choose another lab_name")
    started_on = [entry["subnet"] for entry in found["subnets"]]
    if started_on != [str(spec.subnet)]:
        raise BadInput(
            f"lab_subnet is now {spec.subnet}, and the lab was started on {', '.join(started_on)}; "
            "run `bongsu lab down` first"
        )


def keep_address(podman: Podman, name: str) -> None:
    """Have the bridge keep its hardware address; there is one as soon as a container runs.

    It would else take the lowest of its ports', and change it when that host restarts: every other host then sends to
    an address that is gone, for half a minute.
    """
    bridge = (podman.network(name) or {})["network_interface"]
    _ip("link", "set", "dev", bridge, "address", (LINKS / bridge / "address").read_text().strip())


def remove(podman: Podman, name: str) -> None:
    """Remove the network if it is the lab's.

    Its bridge goes with it even where the hosts were killed from outside: podman takes a bridge away with the last
    container that it stops itself, and a bridge without its network would keep the range in use for good.
    """
    found = podman.network(name)
    if found and found.get("labels", {}).get(LABEL) == name:
        podman.run("network", "rm", name)
        bridge = found["network_interface"]
        if (LINKS / bridge).exists():
            _ip("link", "delete", "dev", bridge)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, env=machine.environment())
