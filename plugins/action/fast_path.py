"""Find the hosts that have nothing to do, from what all of them answered to ``host_state``; runs on the controller.

- name: Ask every host how it is
  host_state:
  register: bongsu_host_state
- name: See which hosts have nothing to do
  fast_path:
  run_once: true
  register: bongsu_fast_path

``again: true``, at the end of a run, takes the fingerprint again. ``visited`` then names the hosts on which the run has
changed something and that its last play is not for: targets are placed on monitors that have nothing to do themselves.
"""

from __future__ import annotations

from typing import Any

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from bongsu import fingerprint, thisrun
from bongsu.errors import BongsuError
from bongsu.fingerprint import decision, notes, project


class ActionModule(ActionBase):
    """Judge every host of the play at once."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset({"again"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the ``fingerprint`` and the ``decision``; no decision where only a part of the run was asked for."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        hosts = variables["ansible_play_hosts_all"]
        result |= {"changed": False, "decision": None, "fingerprint": None}
        if self._task.args.get("again"):
            result |= {"run": thisrun.identity()["id"], "visited": sorted(notes.changed_hosts() - set(hosts))}
        if partial := _partial():
            return {**result, "msg": partial}
        try:
            taken = self._fingerprint(variables)
        except (BongsuError, OSError) as error:
            raise AnsibleActionFail(f"fast_path: {error}") from error
        result["fingerprint"] = taken.document()
        if self._task.args.get("again"):
            return result
        full = boolean(variables.get("bongsu_full", False))
        never = "everything is asked for" if full else "; ".join(taken.unknowable)
        decided = decision.decide(hosts, _answers(hosts, variables["hostvars"]), taken.sections, never)
        result |= {"decision": decided.document(), "told": decision.tell(decided)}
        for line in result["told"]:
            Display().display(line)
        return result

    def _fingerprint(self, variables: dict[str, Any]) -> fingerprint.Fingerprint:
        # Ansible hands an action the inventory through nothing else. It has the hosts that --limit leaves out, too.
        inventory = variables["hostvars"]._inventory
        sources = [str(source) for source in variables.get("ansible_inventory_sources") or []]
        return fingerprint.take(inventory, self._loader, sources, began=project.run_began())


def _partial() -> str:
    """Tell why this run is not all of the playbook; empty when it is."""
    asked = context.CLIARGS
    if list(asked.get("tags") or ["all"]) != ["all"] or asked.get("skip_tags"):
        return "tags choose a part of the run"
    if asked.get("start_at_task") or asked.get("step"):
        return "the run is taken step by step"
    return ""


def _answers(hosts: list[str], hostvars: Any) -> dict[str, dict[str, Any]]:
    """Return what each host answered; one that could not look at itself answers with its trouble."""
    answers = {}
    for host in hosts:
        report = hostvars[host].get("bongsu_host_state")
        if report is not None and not report.get("unreachable"):
            trouble = str(report.get("msg") or "it did not say how it is")
            answers[host] = report.get("state") or decision.troubled(trouble)
    return answers
