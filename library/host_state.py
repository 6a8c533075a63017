#!/usr/bin/python
"""Say whether a host is as the last complete run left it, or write down that a run was complete."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_state
short_description: Say whether a host is as the last complete run left it
description:
  - Compares everything that bongsu placed on the host with its manifests, and returns that together with the record
    of the last complete run, in one round trip. Whether there is anything to do is for the controller to judge.
  - With O(record), writes such a record, after comparing once more; a host that is not as the record says gets none.
  - In check mode nothing is written.
author: bongsu contributors
attributes:
  check_mode: {support: full}
options:
  record:
    description: The record to write, without what only the host knows. The action P(seal) makes it.
    type: dict
  files:
    description: Paths that no component holds and that are to stay as they are.
    type: list
    elements: str
    default: []
  until:
    description: The moment, in seconds since 1970, from which the host is to be looked at in full again.
    type: float
  release:
    description: Id of the run that gives its lease on the host back.
    type: str
  state_directory:
    description: Where manifests and the record are.
    type: path
    default: /var/lib/bongsu
"""

EXAMPLES = r"""
- name: Ask every host how it is
  host_state:
  register: bongsu_host_state
"""

RETURN = r"""
state:
  description: The host's answer, see C(module_utils/bongsu/state.py).
  type: dict
  returned: without O(record) and O(release)
not_recorded:
  description: Why the record was not written; empty when it was.
  type: list
  elements: str
  returned: with O(record) or O(release)
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import state
from ansible.module_utils.bongsu.component import lease
from ansible.module_utils.bongsu.component.store import Store
from ansible.module_utils.bongsu.errors import BongsuError

ARGUMENT_SPEC = {
    "record": {"type": "dict"},
    "files": {"type": "list", "elements": "str", "default": []},
    "until": {"type": "float"},
    "release": {"type": "str"},
    "state_directory": {"type": "path", "default": "/var/lib/bongsu"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **work(module.params, check=module.check_mode))
    except (BongsuError, OSError) as error:
        module.fail_json(msg=str(error))


def work(params: dict, *, check: bool) -> dict:
    """Answer, or write the record and give the lease back."""
    directory = params["state_directory"]
    if params["record"] is None and params["release"] is None:
        return {"state": state.look(directory)}
    if check:
        return {"not_recorded": ["this is check mode"]}
    try:
        if params["record"] is None:
            return {"not_recorded": ["there is nothing to record"]}
        return {"not_recorded": state.seal(directory, params["record"], params["files"], params["until"])}
    finally:
        if params["release"] is not None:
            lease.release(Store(directory), params["release"])


if __name__ == "__main__":
    main()
