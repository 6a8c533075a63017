"""Controller's half of ``components``: what this run's hosts want on another one, placed there in one round trip."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from bongsu import thisrun, trip
from bongsu.fingerprint import notes


class ActionModule(ActionBase):
    """Place on the task's host what waits for it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's report, and in ``refused`` why something was not placed, by its owner.

        It never fails: the hosts' targets are placed by a task that runs once, and would fail with it all together.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        on = str(self._task.delegate_to or variables["inventory_hostname"])
        waiting = notes.waiting(on)
        if not waiting:
            return {**result, "changed": False, "components": [], "refused": {}, "round_trips": 0}
        notes.placed(on, [entry["arguments"]["name"] for entry in waiting])
        try:
            report = thisrun.ask(lambda run: self._ask(waiting, run, variables))
        except AnsibleConnectionFailure as error:
            report = {"failed": True, "msg": f"no connection to it: {str(error).strip()}"}
        if report.get("failed"):
            refused = {entry["arguments"]["owner"]: report["msg"] for entry in waiting}
            return {**result, "changed": False, "components": [], "refused": refused, "round_trips": 1}
        report.pop("held_by", None)
        told = report["components"]
        report["refused"] = _refused(told)
        if not self._task.check_mode:  # for the end of the run (see seal.py)
            for entry, one in zip(waiting, told, strict=True):
                if not one.get("failed"):
                    notes.converged(one["owner"], on, one["name"], entry["digest"], changed=one["changed"])
        return {**result, **report, "round_trips": 1}

    def _ask(self, waiting: list[dict[str, Any]], run: dict[str, str], variables: dict[str, Any]) -> dict[str, Any]:
        wanted = [entry["arguments"] for entry in waiting]
        return trip.ask(self, "components", {"components": wanted, "run": run}, variables)


def _refused(told: list[dict[str, Any]]) -> dict[str, str]:
    """Return why something was not placed, by its owner: the words of all that it had wanted."""
    words: dict[str, list[str]] = {}
    for one in told:
        if one.get("failed"):
            words.setdefault(one["owner"], []).append(one["msg"])
    return {owner: "; ".join(said) for owner, said in words.items()}
