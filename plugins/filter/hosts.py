"""Filters on hosts and addresses: where others reach a host, written as each consumer wants it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu import said

LOOPBACK = "127.0.0.1"


def host_address(variables: Mapping[str, Any]) -> str:
    """Return the name or address at which other hosts reach this one: `hostvars[name] | host_address`.

    The first of `bongsu_address`, `ansible_host`, the loopback address when Ansible works on its own machine,
    and the inventory name. Brackets around an IPv6 address are dropped.
    """
    if not isinstance(variables, Mapping) or "inventory_hostname" not in variables:
        raise AnsibleFilterError("host_address wants a host's variables; write hostvars['web1'] | host_address")
    local = LOOPBACK if variables.get("ansible_connection") in {"local", "ansible.builtin.local"} else None
    candidates = (
        variables.get("bongsu_address"),
        variables.get("ansible_host"),
        local,
        variables["inventory_hostname"],
    )
    chosen = next(str(candidate) for candidate in candidates if candidate not in (None, ""))
    return chosen.removeprefix("[").removesuffix("]")


def is_ip(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address rather than a name."""
    try:
        ipaddress.ip_address(str(text))
    except ValueError:
        return False
    return True


def endpoint(address: str, port: int) -> str:
    """Join address and port as Prometheus, URLs and Go write them; an IPv6 address gets its brackets."""
    number = int(port)
    if not 0 < number < 65536:
        raise AnsibleFilterError(f"endpoint: {port} is not a port; give a number from 1 to 65535")
    bare = str(address).removeprefix("[").removesuffix("]")
    return f"[{bare}]:{number}" if ":" in bare else f"{bare}:{number}"


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name the filters."""
        return {"host_address": host_address, "is_ip": is_ip, "endpoint": endpoint, "told_release": said.release}
