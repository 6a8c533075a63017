"""Controller's half of ``component``: render the templates, let the host do the rest, confirm what may lock out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

from bongsu import confirmation, said, thisrun, trip
from bongsu.fingerprint import notes
from bongsu.hostside import component_spec, drift, errors, manifest

_SETTLED = {"changed": False, "actions": [], "diff": [], "missing_packages": [], "controls": []}
UNDO_SECONDS = 60.0  # for putting everything back, after it has begun


class ActionModule(ActionBase):
    """Converge one component on the task's host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's report, with the component's name and ``round_trips`` added, and no other argument."""
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        self._round_trips = 0
        arguments = self._with_policy(self._render(self._task.args, variables), variables)
        places = arguments.pop("place_on", None)
        component = _parsed(arguments)
        owner = variables.get("inventory_hostname")
        if places is not None:
            return {**result, "changed": False, "round_trips": 0, **_leave(component, arguments, owner, places)}
        relies = self._may_rely(arguments)
        digest = _digest(component, arguments)
        if relies and said.is_settled(str(owner), trip.where(self, arguments), component.name, digest):
            if not self._task.check_mode:
                self._note(component, arguments, variables, changed=False)
            return {**result, **_SETTLED, "component": component.name, "round_trips": 0}
        told = {**arguments, "owner": owner, "tell_others": relies}
        try:
            report = thisrun.ask(lambda run: self._ask({**told, "run": run}, variables))
        except AnsibleConnectionFailure as error:
            if arguments.get("confirm_within") is None:
                raise
            report = self._cut_off(arguments, variables, str(error))
        if "confirm" in report:
            report = self._confirm(arguments, variables, report)
        if not (self._task.check_mode or report.get("failed") or report.get("unreachable")):
            self._note(component, arguments, variables, changed=bool(report.get("changed")))
        result.update(report)
        result["component"] = component.name
        result["round_trips"] = self._round_trips
        return result

    def _may_rely(self, arguments: dict[str, Any]) -> bool:
        """Tell whether what the host said a moment ago can be relied upon, and so is worth asking for.

        What newer versions there are is asked of apt each time, and what the host said is of components that stay.
        """
        odd = self._task.delegate_to or arguments["upgrade"] or arguments.get("state") == "absent"
        return not odd and said.may_be_kept()

    def _note(self, component: Any, arguments: dict[str, Any], variables: dict[str, Any], *, changed: bool) -> None:
        """Tell the end of the run what is true now, for it to be verified before the next one (see seal.py)."""
        host = variables["inventory_hostname"]
        on = str(self._task.delegate_to or host)
        notes.converged(host, on, component.name, _digest(component, arguments), changed=changed)
        if arguments["upgrade"]:
            notes.unfit(host, f"{component.name} is brought to the newest packages in every run")

    def _ask(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        self._round_trips += 1
        return trip.ask(self, "component", arguments, variables)

    def _with_policy(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Add what the inventory says of packages: the versions that it pins, and whether this is a run of upgrades."""
        pins = self._templar.template(variables.get("bongsu_package_versions") or {})
        if not isinstance(pins, dict) or not all(isinstance(version, str) for version in pins.values()):
            raise AnsibleActionFail(
                "bongsu_package_versions: not a mapping of packages to versions; quote each version, as in "
                "'prometheus: \"2.53.3+ds1-2\"', for YAML reads 1.10 as 1.1"
            )
        packages = arguments.get("packages") or []
        if isinstance(packages, list):
            packages = [f"{name}={pins[name]}" if isinstance(name, str) and name in pins else name for name in packages]
        upgrade = arguments.get("upgrade", self._templar.template(variables.get("bongsu_upgrade", False)))
        return {**arguments, "packages": packages, "upgrade": upgrade}

    def _confirm(self, arguments: dict[str, Any], variables: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
        """Log in anew and confirm; where that fails, wait for the host to have put everything back, and say so."""
        waiting = report.pop("confirm")
        told = {**arguments, "confirm": waiting["token"]}
        answer, words = confirmation.insist(self._connection, lambda: self._ask(told, variables), waiting["within"])
        if answer is None:  # which may be all that was lost
            answer = self._cut_off(told, variables, words)
        if answer.get("failed"):
            return answer
        return {**report, "changed": True, "actions": report["actions"] + answer["actions"]}

    def _cut_off(self, arguments: dict[str, Any], variables: dict[str, Any], words: str) -> dict[str, Any]:
        """Wait until a host that has locked its operator out lets him in again, and report how it went."""
        patience = float(arguments["confirm_within"]) + float(arguments.get("deadline") or 30) + UNDO_SECONDS
        look = {**arguments, "take_back": True}
        answer, _ = confirmation.insist(self._connection, lambda: self._ask(look, variables), patience)
        name = arguments["name"]
        if answer and answer.get("confirmed"):
            return answer
        if answer is None:
            now = (
                f"It does not answer even now, {patience:.0f} s later: look at its console. What was changed is "
                f"written in /var/lib/bongsu/journal/{name}/journal.json; the script 'rollback' beside it undoes it."
            )
        else:
            now = answer.get("msg") or "The host has put everything back as before, and lets you in again."
        return {
            "failed": True,
            "changed": False,
            "rolled_back": bool(answer and not answer.get("failed")),
            "msg": f"{name}: with this change the host could not be reached over a new connection: {words}\n{now}",
        }

    def _render(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        files = arguments.get("files") or []
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            raise AnsibleActionFail("files: expected a list of mappings, each with a dest")
        return {**arguments, "files": [self._render_file(i, file, variables) for i, file in enumerate(files)]}

    def _render_file(self, number: int, file: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if "src" not in file:
            return file
        if "content" in file:
            raise AnsibleActionFail(f"files[{number}]: has both src and content; drop one of the two")
        rest = {key: value for key, value in file.items() if key != "src"}
        return {**rest, "content": self._template(file["src"], variables)}

    def _template(self, name: str, variables: dict[str, Any]) -> str:
        source = self._find_needle("templates", name)
        text = trust_as_template(self._loader.get_text_file_contents(source))
        search = [str(Path(source).parent), *variables.get("ansible_search_path", [])]
        templar = self._templar.copy_with_new_env(searchpath=search, available_variables=variables)
        try:
            # the options of Ansible's own template action, so that templates read alike
            rendered = templar.template(text, escape_backslashes=False, overrides={"trim_blocks": True})
        except AnsibleError as error:
            raise AnsibleActionFail(f"template {source} could not be rendered: {error}") from error
        return "" if rendered is None else str(rendered)


def _leave(component: Any, arguments: dict[str, Any], owner: Any, places: Any) -> dict[str, Any]:
    """Leave a component for the run's next task ``components`` on each of the places; nobody is asked now."""
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        raise AnsibleActionFail("place_on: expected a list of inventory names")
    if arguments.get("confirm_within") is not None or arguments.get("state_directory") is not None:
        raise AnsibleActionFail("place_on: goes with neither confirm_within nor state_directory; drop one of the two")
    own = {name: value for name, value in arguments.items() if value is not None}
    for place in places:
        notes.wants(place, {**own, "owner": owner}, _digest(component, arguments))
    return {"place_on": places}


def _digest(component: Any, arguments: dict[str, Any]) -> str | None:
    """Return what a host will say of the component once it is as it should be; None where it is to go."""
    return None if arguments.get("state") == "absent" else drift.description_digest(manifest.describe(component))


def _parsed(arguments: dict[str, Any]) -> Any:
    """Return the component; check everything that can be checked without the host, before it is contacted."""
    checked = trip.check("component", component_spec.ARGUMENT_SPEC, arguments)
    try:
        return component_spec.parse(checked.validated_parameters)
    except errors.BongsuError as error:
        raise AnsibleActionFail(f"component {arguments['name']}: {error}") from error
