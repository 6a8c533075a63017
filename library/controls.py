#!/usr/bin/python
"""Say of each security control of a host whether it is in effect."""

from __future__ import annotations

DOCUMENTATION = r"""
module: controls
short_description: Say of each security control of a host whether it is in effect
description:
  - Reads what the roles of the security baseline left on the host about their controls, and asks the daemons and the
    kernel what is really so. Changes nothing, and fails for nothing that it finds.
author: bongsu contributors
attributes:
  check_mode: {support: full}
  diff_mode: {support: none}
options:
  directory: {type: path, default: /etc/bongsu/controls, description: Where the roles leave it.}
"""

EXAMPLES = r"""
- name: Look at the controls
  controls:
  register: controls_seen
"""

RETURN = r"""
controls:
  description: Every control, with what is wrong, why it is waived, or why this host cannot have it.
  type: list
  elements: dict
  returned: success
  contains:
    role: {type: str, returned: always, description: "The role that it belongs to."}
    control: {type: str, returned: always, description: "Its identifier."}
    state:
      description: One of V(applied), V(waived), V(ineffective), V(unavailable).
      type: str
      returned: always
    words: {type: list, elements: str, returned: always, description: "What is wrong, or why it is so."}
    until: {type: float, returned: always, description: "When a waiver ends, in seconds since 1970."}
ineffective:
  description: A sentence for each control that is not in effect.
  type: list
  elements: str
  returned: success
table:
  description: How many are in which state, and all that are not simply applied, as lines for a person.
  type: list
  elements: str
  returned: success
"""

from collections import Counter
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.bongsu import controls_host
from ansible.module_utils.bongsu.controls import Verdict
from ansible.module_utils.bongsu.errors import BongsuError


def main() -> None:
    """Run the module."""
    spec = {"directory": {"type": "path", "default": str(controls_host.DIRECTORY)}}
    module = AnsibleModule(spec, supports_check_mode=True)
    try:
        verdicts = controls_host.look((), Path(module.params["directory"]))
    except (BongsuError, OSError) as error:
        module.fail_json(msg=str(error))
    told = [asdict(one) for one in verdicts]
    bad = [f"{name}: {words}" for name, words in controls_host.ineffective(verdicts).items()]
    module.exit_json(changed=False, controls=told, ineffective=bad, table=table(verdicts))


def table(verdicts: list[Verdict]) -> list[str]:
    """Return the lines: a sum, then what is not simply applied."""
    counts = Counter(one.state for one in verdicts)
    total = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no controls on this host"
    return [total, *(f"{one.state}: {sentence(one)}" for one in verdicts if one.state != "applied")]


def sentence(one: Verdict) -> str:
    """Return a control with what is wrong with it, or why it is so."""
    return f"{one.control}: {'; '.join(one.words)}"


if __name__ == "__main__":
    main()
