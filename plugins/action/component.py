"""Controller's half of ``component``: render the templates, install what is missing, let the host do the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

from bongsu.hostside import component_spec, errors

APT_CACHE_SECONDS = 3600
APT_LOCK_SECONDS = 300
NO_SERVICE_STARTS = 101  # policy-rc.d's answer "forbidden": a daemon's first start is with its own configuration


class ActionModule(ActionBase):
    """Converge one component on the task's host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's report, with ``round_trips`` added and nothing of the arguments in it."""
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        self._round_trips = 0
        arguments = self._render(self._task.args, variables)
        _refuse_bad_arguments(arguments)
        report = self._ask("component", arguments, variables)
        missing = report.get("missing_packages", [])
        if missing and not self._task.check_mode and not _went_wrong(report):
            installed = self._install(missing, variables)
            if _went_wrong(installed):
                return self._finish(result, installed)
            report = self._ask("component", {**arguments, "brought": missing}, variables)
            report["actions"] = [f"installed {name}" for name in missing] + report.get("actions", [])
            report["changed"] = True
            report.pop("missing_packages", None)
        return self._finish(result, report)

    def _ask(self, module: str, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        self._round_trips += 1
        # The arguments hold whole files: they must not reach the host's log, nor the result.
        quiet = {**variables, "ansible_no_target_syslog": True}
        report: dict[str, Any] = self._execute_module(module_name=module, module_args=arguments, task_vars=quiet)
        report.pop("invocation", None)
        return report

    def _install(self, names: list[str], variables: dict[str, Any]) -> dict[str, Any]:
        arguments = {
            "name": names,
            "state": "present",
            "install_recommends": False,
            "update_cache": True,
            "cache_valid_time": APT_CACHE_SECONDS,
            "lock_timeout": APT_LOCK_SECONDS,
            "policy_rc_d": NO_SERVICE_STARTS,
        }
        return self._ask("ansible.builtin.apt", arguments, variables)

    def _finish(self, result: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
        result.update(report)
        result["round_trips"] = self._round_trips
        return result

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


def _refuse_bad_arguments(arguments: dict[str, Any]) -> None:
    """Check everything that can be checked without the host, before it is contacted."""
    checked = ArgumentSpecValidator(component_spec.ARGUMENT_SPEC).validate(arguments)
    if checked.error_messages:
        raise AnsibleActionFail("component: " + "; ".join(checked.error_messages))
    try:
        component_spec.parse(checked.validated_parameters)
    except errors.BongsuError as error:
        raise AnsibleActionFail(f"component {arguments['name']}: {error}") from error


def _went_wrong(report: dict[str, Any]) -> bool:
    return bool(report.get("failed") or report.get("unreachable"))
