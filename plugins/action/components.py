"""Controller's half of ``components``: what this run's hosts want on another one, placed there in one round trip."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from bongsu import thisrun, trip
from bongsu.fingerprint import notes


class ActionModule(ActionBase):
    """Place on the task's host what waits for it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's report, and in ``refused`` why something was not placed, by its owner."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        on = str(self._task.delegate_to or variables["inventory_hostname"])
        waiting = notes.waiting(on)
        if not waiting:
            return {**result, "changed": False, "components": [], "refused": {}, "round_trips": 0}
        wanted = [entry["arguments"] for entry in waiting]
        report = thisrun.ask(lambda run: trip.ask(self, "components", {"components": wanted, "run": run}, variables))
        report.pop("held_by", None)
        if not (report.get("failed") or report.get("unreachable")):
            told = report["components"]
            report["refused"] = {one["owner"]: one["msg"] for one in told if one.get("failed")}
            notes.placed(on, [one["name"] for one in told])
            if not self._task.check_mode:  # for the end of the run (see seal.py)
                for entry, one in zip(waiting, told, strict=True):
                    if not one.get("failed"):
                        notes.converged(one["owner"], on, one["name"], entry["digest"], changed=one["changed"])
        return {**result, **report, "round_trips": 1}
