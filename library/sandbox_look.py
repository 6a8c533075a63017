#!/usr/bin/python
"""Say what services of a host do now that sandboxes to come would deny."""

from __future__ import annotations

DOCUMENTATION = r"""
module: sandbox_look
short_description: Say what services of a host do now that sandboxes to come would deny
description:
  - Looks at the processes of each service that is to be kept in. It fails where one writes to a place that would be
    read-only, uses one that would be hidden, or has sockets, rights or memory that would be refused; the message names
    the service, what it does, and the line of the inventory that allows it.
  - A service that somebody has start otherwise than its package does is told of, and fails nothing.
  - Changes nothing. It is for check mode, in which a component does not validate; otherwise the component of the role
    C(service_sandbox) asks the same before it touches a service.
author: bongsu contributors
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
options:
  wanted:
    description: What the role is to place in C(/etc/bongsu/controls/service_sandbox.json).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Tell what the sandboxes would deny
  sandbox_look:
    wanted: "{{ __service_sandbox_chosen | controls_document('service_sandbox') }}"
"""

RETURN = r"""
may_break:
  description: What would be denied or is to be looked at first, a sentence each.
  type: list
  elements: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import sandbox_ask
from ansible.module_utils.bongsu.errors import BongsuError


def main() -> None:
    """Run the module."""
    module = AnsibleModule({"wanted": {"type": "str", "required": True}}, supports_check_mode=True)
    try:
        denied, doubtful = sandbox_ask.look(sandbox_ask.rows(module.params["wanted"], "wanted"))
    except (BongsuError, OSError) as error:
        module.fail_json(msg=f"what sandboxes would deny cannot be told: {error}")
    if denied:
        module.fail_json(msg="\n".join(denied), may_break=denied + doubtful)
    for sentence in doubtful:
        module.warn(sentence)
    module.exit_json(changed=False, may_break=doubtful)


if __name__ == "__main__":
    main()
