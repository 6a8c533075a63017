"""Check the inventory of the running playbook on the controller, before any host is contacted.

- name: Check the inventory
hosts: all
gather_facts: false
tasks:
- name: Look for mistakes in the inventory
check_inventory:
run_once: true
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

_NOT_INSTALLED = (
    "the inventory cannot be checked, because the Python that runs Ansible ({python}) has no package bongsu ({why}). "
    "Run the playbook with the project's own Ansible (./bongsu provision, or .venv/bin/ansible-playbook), "
    "or install the project there: pip install DIR"
)


class ActionModule(ActionBase):
    """Fail with every problem of the inventory, a line each."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Check the sources that this run was given, with the vault passwords that it was given."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            from bongsu.inventory import check
        except ImportError as error:
            python = variables.get("ansible_playbook_python", "python3")
            return {**result, "failed": True, "msg": _NOT_INSTALLED.format(python=python, why=error)}
        sources = variables.get("ansible_inventory_sources") or []
        problems = [str(problem) for problem in check([Path(str(source)) for source in sources], loader=self._loader)]
        if problems:
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            lines = "\n".join(problems)
            return {
                **result,
                "failed": True,
                "msg": f"the inventory has {count}; no host was contacted\n{lines}",
                "problems": problems,
            }
        return {**result, "changed": False, "problems": []}
