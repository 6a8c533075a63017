#!/usr/bin/python
"""Say who could no longer log in by SSH with other settings of sshd."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ssh_logins
short_description: Say who could no longer log in by SSH with other settings of sshd
description:
  - Holds every user of the host (password, keys, groups, shell) against sshd's settings of now, as C(sshd -T) tells
    them, and against those that are to come. Changes nothing, and fails for what it finds only with O(refuse).
  - A pattern of a Match block, and a host in AllowUsers, are not looked at. Where a command or an authority tells keys,
    every user counts as having one.
author: bongsu contributors
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
options:
  settings: {type: dict, required: true, description: "Settings of sshd to come, by name."}
  refuse:
    description: Fail where somebody could no longer log in, for want of another proof that the operator still can.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Tell who would lose the way in
  ssh_logins:
    settings: {PasswordAuthentication: "no", AllowGroups: [operators]}
"""

RETURN = r"""
may_break:
  description: A sentence, with its cure, for each user who could log in no longer or only in another way.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import logins_host
from ansible.module_utils.bongsu.errors import BongsuError

_UNPROVED = (
    "nothing is changed, as Ansible does not log in to this host (ansible_connection: local), and so nothing would "
    "prove that you still could"
)


def main() -> None:
    """Run the module."""
    options = {"settings": {"type": "dict", "required": True}, "refuse": {"type": "bool", "default": False}}
    module = AnsibleModule(options, supports_check_mode=True)
    try:
        found = logins_host.losses(module.params["settings"])
    except (BongsuError, OSError) as error:
        module.fail_json(msg=f"who can log in cannot be told: {error}")
    if found and module.params["refuse"]:
        module.fail_json(msg=f"{_UNPROVED}: {'; '.join(found)}", may_break=found)
    for sentence in found:
        module.warn(sentence)
    module.exit_json(changed=False, may_break=found)


if __name__ == "__main__":
    main()
