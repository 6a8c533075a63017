"""Controller's half of ``host_state``: one question, asked of the host in the quickest way."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from bongsu import trip


class ActionModule(ActionBase):
    """Have a host say how it is."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the host's answer."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        return {**result, **trip.ask(self, "host_state", dict(self._task.args), task_vars or {})}
