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
  controls:
    description: Whether it asks for what is in effect of the host's security controls; daemons and the kernel tell.
    type: bool
    default: true
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

from ansible.module_utils.bongsu.module import run


def main() -> None:
    """Run the module."""
    run("host_state")


if __name__ == "__main__":
    main()
