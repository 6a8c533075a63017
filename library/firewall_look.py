#!/usr/bin/python
"""Ask about what firewall rules would cut off, before they come."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_look
short_description: Ask about what firewall rules would cut off, before they come
description:
  - Looks which TCP and UDP sockets of the host listen for others, and fails where the rules that are wanted would close
    a port that the rules in force do not, and about which the inventory says nothing. The message names port, protocol,
    process and unit, and the lines of the inventory that answer.
  - Fails as well where the rules would close the port over which Ansible itself is logged in, or where the host loads
    rules of its own that would no longer be loaded.
  - Changes nothing of the firewall. Except in check mode it removes C(/etc/bongsu/firewall.loaded) where the kernel no
    longer has the rules that the last run placed, so that the component that places them loads them anew.
author: bongsu contributors
attributes:
  check_mode: {support: full}
options:
  answered:
    description: Ports of which the inventory says anything, such as V(22/tcp) and V(60000-61000/udp).
    type: list
    elements: str
    required: true
  ask:
    description: Whether to fail for ports that would be closed. Otherwise they are only returned.
    type: bool
    default: true
  open: {type: list, elements: raw, default: [], description: "C(firewall_open), for the message."}
  close: {type: list, elements: raw, default: [], description: "C(firewall_close), for the message."}
  ssh_ports: {type: list, elements: int, required: true, description: "Ports that stay open for SSH."}
  ssh_port:
    description: Port that Ansible uses, for where the host cannot tell over which one this login came.
    type: int
    default: 22
  container_interfaces:
    description: Patterns of interfaces on whose addresses DNS and DHCP stay reachable.
    type: list
    elements: str
    default: []
  replace_own: {type: bool, default: false, description: "Rules that the host loads of its own may go."}
  root: {type: path, default: /, description: "Where the host's files are."}
"""

EXAMPLES = r"""
- name: Ask about what the rules would close
  firewall_look:
    answered: [22/tcp, 443/tcp]
    ssh_ports: [22]
"""

RETURN = r"""
closing:
  description: Each socket that would be closed; C(protocol), C(port), C(address), and who C(holds) it.
  type: list
  elements: dict
  returned: always, unless another complaint comes first
listening:
  description: Every port on which something listens for others, such as V(22/tcp).
  type: list
  elements: str
  returned: success
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import firewall_own, listening, listening_host
from ansible.module_utils.bongsu.errors import BongsuError

ARGUMENT_SPEC = {
    "answered": {"type": "list", "elements": "str", "required": True},
    "ask": {"type": "bool", "default": True},
    "open": {"type": "list", "elements": "raw", "default": []},
    "close": {"type": "list", "elements": "raw", "default": []},
    "ssh_ports": {"type": "list", "elements": "int", "required": True},
    "ssh_port": {"type": "int", "default": 22},
    "container_interfaces": {"type": "list", "elements": "str", "default": []},
    "replace_own": {"type": "bool", "default": False},
    "root": {"type": "path", "default": "/"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    try:
        report = look(module.params)
        if not module.check_mode:
            firewall_own.leave_word(Path(module.params["root"]))
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, **report)


def look(params: dict) -> dict:
    """Return the report; BongsuError asks, or says what must not be."""
    root = Path(params["root"])
    came = listening_host.login_port()
    firewall_own.judge_login(params["ssh_port"] if came is None else came, params["ssh_ports"])
    if not params["replace_own"]:
        firewall_own.judge_own_rules(root)
    there = listening_host.listeners()
    bridges = listening_host.bridge_addresses(params["container_interfaces"])
    cut = listening.closing(there, params["answered"], firewall_own.placed(root), bridges)
    who = listening_host.holders(cut)
    closing = [
        {"protocol": one.protocol, "port": one.port, "address": one.address, "holds": who[one.inode]} for one in cut
    ]
    if closing and params["ask"]:
        words = listening.question([(one, who[one.inode]) for one in cut], params["open"], params["close"])
        raise BongsuError(words, closing=closing)
    return {"closing": closing, "listening": sorted({one.name for one in there})}


if __name__ == "__main__":
    main()
