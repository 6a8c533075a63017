#!/usr/bin/python
"""Converge several components of one host in one round trip."""

from __future__ import annotations

DOCUMENTATION = r"""
module: components
short_description: Converge several components of one host in one round trip
description:
  - Places on the task's host the components that tasks C(component) with O(place_on) have named for it in this run and
    that are not placed yet. So a monitor gets the targets of all hosts at once, and not each host's by itself.
  - A playbook gives no options; the action fills them in.
  - A component that fails does not fail the task, and keeps no other from being placed; nor does a host that cannot be
    reached. Whose components are not placed is in RV(refused), for the owner's own next task to fail.
author: The bongsu authors
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
options:
  components:
    description:
      - The components, each with the options of the module P(component) but for O(ignore:confirm_within), and with
        O(ignore:owner), the host that wants it.
    type: list
    elements: dict
    required: true
  run:
    description: The run that asks. The action fills it in.
    type: dict
  state_directory:
    description: Where manifests and journals are kept on the host.
    type: str
    default: /var/lib/bongsu
"""

EXAMPLES = r"""
- name: Say what every monitor is to have of this host
  component:
    name: "scrape_target.{{ inventory_hostname }}"
    files:
      - {dest: "/etc/prometheus/targets.d/{{ inventory_hostname }}.yml", src: target.yml.j2}
    place_on: "{{ groups['monitors'] }}"

- name: Place it, with what the other hosts want there
  components:
  loop: "{{ groups['monitors'] }}"
  delegate_to: "{{ item }}"
  run_once: true
"""

RETURN = r"""
components:
  description: Each component's C(name), its C(owner), and what the module P(component) would return of it.
  type: list
  elements: dict
  returned: success
refused:
  description: Why components were not placed, by their owner.
  type: dict
  returned: by the action
"""

from ansible.module_utils.bongsu.module import run


def main() -> None:
    """Run the module."""
    run("components")


if __name__ == "__main__":
    main()
