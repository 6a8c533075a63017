#!/usr/bin/python
"""Run security scanners on a host, or leave their scores there for node_exporter."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Run security scanners on a host, or leave their scores there for node_exporter
description:
  - Runs Lynis and OpenSCAP, which must be installed, and returns what they found. They read, and change nothing.
  - With O(record), runs nothing, and writes the scores where node_exporter reads text files.
author: bongsu contributors
attributes:
  check_mode: {support: none}
options:
  scanners:
    description: What to run.
    type: list
    elements: str
    choices: [lynis, openscap]
    default: []
  content:
    description: Path on the host of the SCAP data stream, compressed by xz; needed with V(openscap).
    type: path
  profile:
    description: The profile of the data stream, without its long prefix.
    type: str
    default: cis_level1_server
  record:
    description: For each scanner its C(score) and C(reference) in percent, and how many findings are C(open).
    type: dict
  at:
    description: When the audit that is recorded ended, in seconds since 1970.
    type: float
  release:
    description: Id of the run that placed the scanners, and that gives its lease on the host back.
    type: str
"""

EXAMPLES = r"""
- name: Run Lynis
  audit:
    scanners: [lynis]
"""

RETURN = r"""
found:
  description: What each scanner found, by its name, and under C(controls) which of our controls are in effect.
  type: dict
  returned: without O(record)
recorded:
  description: Whether node_exporter can read the scores now.
  type: bool
  returned: with O(record)
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu.audit_host import record, scan
from ansible.module_utils.bongsu.errors import BongsuError


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        {
            "scanners": {"type": "list", "elements": "str", "choices": ["lynis", "openscap"], "default": []},
            "content": {"type": "path"},
            "profile": {"type": "str", "default": "cis_level1_server"},
            "record": {"type": "dict"},
            "at": {"type": "float"},
            "release": {"type": "str"},
        },
        required_by={"record": ["at", "release"]},
    )
    params = module.params
    try:
        if params["record"] is not None:
            module.exit_json(changed=False, recorded=record(params["record"], params["at"], params["release"]))
        found = scan(params["scanners"], params["content"], params["profile"])
        module.exit_json(changed=False, found=found)
    except BongsuError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
