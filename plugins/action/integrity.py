"""Controller's half of ``integrity``: keep a host's database here, and tell when the host has another one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from bongsu import integrity, paths
from bongsu.errors import BongsuError


class ActionModule(ActionBase):
    """Compare what a host answers with what is kept."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"accept", "deadline"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``told``, sentences for the operator, and ``failure``, one or none; in check mode nothing is kept."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        host = str(variables["inventory_hostname"])
        result |= {"changed": False, "told": [], "failure": ""}
        report = self._ask(variables, deadline=self._task.args.get("deadline", 0))
        if report.get("failed") or not report["database"]:
            return {**result, **report}
        place = paths.evidence_dir(self._templar.template(variables.get("bongsu_evidence")))
        try:
            kept = integrity.last(place, host)
            answer = report["database"]
            if answer["sha256"] and not integrity.same(kept, answer):
                report = self._ask(variables, fetch=True)
                if report.get("failed"):
                    return {**result, **report}
                answer = report["database"]
            verdict = integrity.compare(kept, answer, str(self._task.args.get("accept") or ""))
            if verdict.keep and not self._task.check_mode:
                content = {"content": kept["content"]} if kept and "content" not in answer else {}
                integrity.keep(place, host, {**answer, **content}, datetime.now(UTC))
        except BongsuError as error:
            raise AnsibleActionFail(str(error)) from None
        told = list(verdict.told) + [f"{one['kind']} for no known reason: {one['path']}" for one in answer["findings"]]
        return {**result, "told": told, "failure": verdict.failure}

    def _ask(self, variables: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        report: dict[str, Any] = self._execute_module(
            module_name="integrity", module_args=arguments, task_vars=variables
        )
        report.pop("invocation", None)
        return report
