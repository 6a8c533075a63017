#!/usr/bin/python
"""Compare what bongsu placed on a host with what is there now, changing nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift
short_description: Compare what bongsu placed on a host with what is there now
description:
  - Reads the manifests that the module C(component) left on the host, and compares each file, package and unit that
    they name with the host as it is. Nothing is changed, in check mode or out of it.
  - A run that is changing the host is waited for, up to five minutes.
  - A package that is newer than at the last run is no drift, since security upgrades are wanted.
  - An override of a unit's definition that was there when the unit was last converged is no drift either.
author: The bongsu authors
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
options:
  state_directory:
    description: Where manifests are kept on the host.
    type: path
    default: /var/lib/bongsu
"""

EXAMPLES = r"""
- name: Look for drift
  drift:
  register: drift_seen
"""

RETURN = r"""
components:
  description: The components that are placed on the host.
  type: list
  elements: str
  returned: success
findings:
  description: What is not as it was placed, in order. Empty when all is.
  type: list
  elements: dict
  returned: success
  contains:
    component: {type: str, returned: always, description: "The component that the resource belongs to."}
    resource: {type: str, returned: always, description: "A path, the name of a package or the name of a unit."}
    what:
      description:
        - How it drifted. One of V(content), V(owner), V(group), V(mode), V(missing), V(kind), V(present),
          V(package_absent), V(package_version), V(unit_disabled), V(unit_stopped), V(unit_masked), V(unit_enabled),
          V(unit_started), V(unit_unmasked), V(dropin), V(unread), V(manifest).
      type: str
      returned: always
    detail: {type: str, returned: always, description: "What was found instead; never what is in a file."}
table:
  description: The findings as lines for a person.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu.component.drift_host import settled
from ansible.module_utils.bongsu.component.drift_report import document, table
from ansible.module_utils.bongsu.errors import BongsuError


def main() -> None:
    """Run the module."""
    spec = {"state_directory": {"type": "path", "default": "/var/lib/bongsu"}}
    module = AnsibleModule(spec, supports_check_mode=True)
    try:
        components, findings = settled(module.params["state_directory"])
        module.exit_json(changed=False, **document(components, findings), table=table(components, findings))
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
