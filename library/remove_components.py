#!/usr/bin/python
"""Take everything away that bongsu placed on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: remove_components
short_description: Take everything away that bongsu placed on a host
description:
  - Removes every component that has a manifest on the host, the one that was converged last first. Each is undone by
    itself where it cannot be removed, and the task fails; those before it are gone, and the next run goes on.
  - Units and files are given back as they were before, and the packages that came are purged, unless something else
    needs them. What stood in the way once and was moved away stays in C(/var/lib/bongsu/displaced).
author: The bongsu authors
attributes:
  check_mode: {support: full}
options:
  state_directory:
    description: Where manifests and journals are kept on the host.
    type: path
    default: /var/lib/bongsu
  run:
    description: The run that asks, so that two do not change a host at once. The action fills it in.
    type: dict
"""

EXAMPLES = r"""
- name: Take everything away
  remove_components:
"""

RETURN = r"""
components:
  description: The components that went, in that order.
  type: list
  elements: str
  returned: success
actions:
  description: What was done, or in check mode would be, in order.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu.component.converger import Request
from ansible.module_utils.bongsu.departure import leave
from ansible.module_utils.bongsu.errors import BongsuError


def main() -> None:
    """Run the module."""
    spec = {"state_directory": {"type": "path", "default": "/var/lib/bongsu"}, "run": {"type": "dict"}}
    module = AnsibleModule(spec, supports_check_mode=True)
    try:
        request = Request(module.params["state_directory"], absent=True, run=module.params["run"])
        module.exit_json(**leave(request, check=module.check_mode))
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
