"""Controller's half of ``remove_components``: say which run it is, so that a host is changed by one at a time."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from bongsu import thisrun


class ActionModule(ActionBase):
    """Take every component of the task's host away."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"state_directory"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's report."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        return {**result, **thisrun.ask(lambda run: self._ask(run, task_vars))}

    def _ask(self, run: dict[str, Any], variables: dict[str, Any] | None) -> dict[str, Any]:
        arguments = {**self._task.args, "run": run}
        report: dict[str, Any] = self._execute_module("remove_components", module_args=arguments, task_vars=variables)
        report.pop("invocation", None)
        return report
