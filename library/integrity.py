#!/usr/bin/python
"""Tell of AIDE's database on a host, and of what the last look found."""

from __future__ import annotations

DOCUMENTATION = r"""
module: integrity
short_description: Tell of AIDE's database on a host, and of what the last look found
description:
  - Reads what the role file_integrity keeps on the host. Changes nothing, and has AIDE compare nothing.
  - The action of the same name keeps the database on the controller, and compares the two.
author: bongsu contributors
attributes:
  check_mode: {support: full}
options:
  fetch: {type: bool, default: false, description: Return the database itself.}
  deadline: {type: int, default: 0, description: Seconds to wait for a first database that is being made.}
"""

EXAMPLES = r"""
- name: Compare the database with the copy that is kept here
  integrity:
"""

RETURN = r"""
database:
  description: >-
    The database's C(sha256) (empty where there is none yet), C(made_at), C(rules) (the SHA-256 of AIDE's configuration
    that it was made by), what the operator has C(accepted) and what the last look's C(findings) were. Empty where the
    role is not.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.integrity import verb


def main() -> None:
    """Run the module."""
    options = {"fetch": {"type": "bool", "default": False}, "deadline": {"type": "int", "default": 0}}
    module = AnsibleModule(options, supports_check_mode=True)
    try:
        module.exit_json(changed=False, database=verb.answer(**module.params))
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
