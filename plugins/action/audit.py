"""Controller's half of ``audit``: bring OpenSCAP's content for as long as the scan takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Run the module, with the content, a file of this machine's, beside it on the host."""

    TRANSFERS_FILES = True
    _supports_check_mode = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result; Ansible removes the directory with the content as the task ends."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        local = arguments.get("content")
        if local:
            directory = self._connection._shell.tmpdir  # made as the task began, since it transfers files
            there = self._connection._shell.join_path(directory, Path(local).name)
            self._transfer_file(local, there)
            self._fixup_perms2((directory, there))
            arguments["content"] = there
        report = self._execute_module(module_name="audit", module_args=arguments, task_vars=task_vars)
        report.pop("invocation", None)
        return {**result, **report}
