#!/usr/bin/python
"""Say what a run would ask before firewall rules come."""

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_look
short_description: Say what a run would ask before firewall rules come
description:
  - Looks which TCP and UDP sockets of the host listen for others, and which protocols without ports it takes (VRRP,
    OSPF, tunnels, IPsec), and fails where the rules that are wanted would close one that the rules in force do not, and
    about which the inventory says nothing. The message names port, protocol, process and unit, and the lines of the
    inventory that answer.
  - Fails as well where the rules would close the port over which Ansible itself is logged in, or where the host loads
    rules of its own that would no longer be loaded.
  - Changes nothing. It is for check mode, in which a component does not validate, and for hosts that have no rules yet,
    all of which are asked before one is changed; otherwise the component of the role C(firewall) asks the same before
    it places anything.
author: bongsu contributors
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
options:
  wanted:
    description: What the role is to place in C(/etc/bongsu/firewall.json).
    type: dict
    required: true
  root: {type: path, default: /, description: "Where the host's files are."}
"""

EXAMPLES = r"""
- name: Tell what the rules would cut off
  firewall_look:
    wanted:
      answered: [22/tcp, 443/tcp]
      open: [443]
      close: []
      ssh_ports: [22]
      ssh_port: 22
      container_interfaces: []
      replace_own: false
"""

RETURN = r"""
may_break:
  description: What is to be answered first, a text each.
  type: list
  elements: str
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import firewall_ask
from ansible.module_utils.bongsu.errors import BongsuError

ARGUMENT_SPEC = {"wanted": {"type": "dict", "required": True}, "root": {"type": "path", "default": "/"}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    try:
        wanted = firewall_ask.check(module.params["wanted"], "wanted")
        found = firewall_ask.look(wanted, Path(module.params["root"]))
    except BongsuError as error:
        module.fail_json(msg=str(error))
    if found:
        module.fail_json(msg="\n".join(found), may_break=found)
    module.exit_json(changed=False, may_break=[])


if __name__ == "__main__":
    main()
