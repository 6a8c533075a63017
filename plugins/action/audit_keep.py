"""Look at the SSH server from outside, and keep what an audit found: as evidence here, as figures on the host."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from bongsu import confirmation, controls, paths, thisrun
from bongsu.audit import evidence, findings, report, rules, ssh
from bongsu.errors import BongsuError

# Seconds for the host to take a new connection, where ours was closed: looking at its SSH server may have it shut this
# machine out for up to half a minute.
PATIENCE = 90.0


class ActionModule(ActionBase):
    """Make one document of what the scanners found."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"found", "scanners", "release", "content", "stream", "address", "port"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the audit (see bongsu.audit.report) and the file that it is kept in."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        host = str(variables["inventory_hostname"])
        given = self._task.args
        place = paths.evidence_dir(self._templar.template(variables.get("bongsu_evidence")))
        try:
            parts = self._parts(given)
            audit = report.document(
                host, datetime.now(UTC), str(given["release"]), parts, evidence.earlier(place, host)
            )
            file = evidence.keep(place, audit)
        except BongsuError as error:
            raise AnsibleActionFail(str(error)) from None
        answer = self._record(audit, variables)
        if answer.get("failed"):
            return {**result, **answer}
        told = {"audit": audit, "evidence": str(file), "recorded": answer["recorded"], "table": report.table([audit])}
        return {**result, "changed": False, **told}

    def _parts(self, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found, parts = given["found"], {}
        release = str(given["release"])
        if "lynis" in found:
            parts["lynis"] = findings.of_others("lynis", found["lynis"])
        if "openscap" in found:
            parts["openscap"] = findings.of_openscap(
                {**found["openscap"], "content": given["content"]},
                rules.read(Path(given["stream"])),
                release,
                controls.tables(paths.project_root()),
                found["controls"],
            )
        if "ssh_audit" in given["scanners"]:
            seen = ssh.look(str(given["address"]), int(given["port"]))
            parts["ssh_audit"] = findings.of_others("ssh_audit", ssh.read(seen))
        return parts

    def _record(self, audit: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Leave the figures on the host, over the connection that is open, or over new ones until one is let in."""
        at = datetime.fromisoformat(audit["at"]).timestamp()
        arguments = {"record": report.figures(audit), "at": at, "release": thisrun.identity()["id"]}

        def ask() -> dict[str, Any]:
            answer: dict[str, Any] = self._execute_module(
                module_name="audit", module_args=arguments, task_vars=variables
            )
            return answer

        try:
            return ask()
        except AnsibleConnectionFailure:
            answer, words = confirmation.insist(self._connection, ask, PATIENCE)
        if answer is None:
            raise AnsibleActionFail(f"the figures could not be left on the host: {words}")
        return answer
