"""Write down on a host that a run over it was complete, for the next one's ``fast_path``; give back the run's lease.

- name: Remember what was done
  seal:
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from bongsu import thisrun, trip
from bongsu.fingerprint import decision, notes


class ActionModule(ActionBase):
    """Gather what the run's tasks have noted of the host, and send it the record."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"state_directory"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``recorded``, and in ``msg`` why not; that nothing is recorded is no failure."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        if self._task.check_mode:
            return {**result, "changed": False, "recorded": False, "msg": ["this is check mode"]}
        host = variables["inventory_hostname"]
        noted = notes.read(host)
        start, end = (_taken(variables.get(name)) for name in ("bongsu_fast_path", "bongsu_fast_path_again"))
        why = decision.unfit(start, end) or noted.unfit
        if not why and not noted.components.get(host):
            why = ["no component of it was converged"]
        arguments: dict[str, Any] = {**self._task.args, "release": thisrun.identity()["id"]}
        if not why and start:
            arguments["record"] = decision.record(host, start["sections"], noted.components)
            arguments |= {"files": sorted(noted.files), "until": noted.until}
        report = trip.ask(self, "host_state", arguments, variables)
        if report.get("failed") or report.get("unreachable"):
            return {**result, **report}
        why = why or report["not_recorded"]
        return {**result, "changed": False, "recorded": not why, "msg": why}


def _taken(registered: Any) -> dict[str, Any] | None:
    return registered.get("fingerprint") if isinstance(registered, dict) else None
