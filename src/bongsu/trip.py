"""Ask a host one question in one round trip, by this project's own code where it can be left there.

Starting a module Ansible's way costs a host three times what the answer does (docs/decisions/0012). So the code is left
on the host once, below /run, in a directory that is named by the code's digest, and answers from there: a host never
answers with other code than this controller's. Where that cannot be (no pipelining, and check mode on a host that this
code is not on yet), the module of the same name answers.

Whatever may change a host is asked here, and so it is here that what it said before ceases to hold (see said.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from bongsu import said
from bongsu.hostside import asked, toolkit

CODE = toolkit.archive()
PLACE = f"{toolkit.UNPACKED}/{hashlib.sha256(CODE).hexdigest()}"
_ABSENT = 97  # exit status: the code is not there; nothing else that runs here ends so
_PYTHON = "/usr/bin/python3"
_CHANGES_NOTHING = frozenset({"host_state"})


def check(module: str, spec: dict[str, Any], arguments: dict[str, Any]) -> ValidationResult:
    """Check a question's arguments as the module would, before the host is contacted."""
    checked = ArgumentSpecValidator(spec).validate(arguments)
    if checked.error_messages:
        words = [f"{'no option ' * isinstance(error, UnsupportedError)}{error}" for error in checked.errors.errors]
        raise AnsibleActionFail(f"{module}: " + "; ".join(words))
    return checked


def ask(action: ActionBase, module: str, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return the task's result that the host gives; nothing of the arguments is in it."""
    if module in _CHANGES_NOTHING:
        return _ask(action, module, arguments, variables)
    host = None if action._task.delegate_to else variables.get("inventory_hostname")
    asked_at, unchanged = said.touched(host), False
    try:
        report = _ask(action, module, arguments, variables)
        unchanged = report.get("changed") is False and not report.get("failed")
    finally:
        if not unchanged:  # it may have gone on for a while
            said.touched(host)
    settled, release = report.pop("settled", None), report.pop("release", "")
    if settled is not None and host is not None:
        said.keep(host, where(action, arguments), asked_at, settled, release)
    return report


def where(action: ActionBase, arguments: Mapping[str, Any]) -> list[Any]:
    """Return what leads to the task's host and its manifests: under one name, another play may mean another machine.

    What is told in check mode is told without the toolkit's having been looked at, and so is for check mode.
    """
    found: list[Any] = [bool(action._task.check_mode), arguments.get("state_directory"), action._connection.transport]
    for option in ("host", "port"):
        try:
            found.append(action._connection.get_option(option))
        except KeyError:  # a connection that has no such thing
            found.append(None)
    return found


def _ask(action: ActionBase, module: str, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    checked = check(module, asked.argument_spec(module), arguments)
    params, checking = checked.validated_parameters, bool(action._task.check_mode)
    report = None
    if action._connection.is_pipelining_enabled():
        request = json.dumps({"module": module, "params": params, "check": checking}).encode()
        report = _directly(action, request, variables, may_send=not checking)
    if report is None:
        # The arguments hold whole files: they must not reach the host's log, nor the result.
        quiet = {**variables, "ansible_no_target_syslog": True}
        by_module: dict[str, Any] = action._execute_module(module_name=module, module_args=arguments, task_vars=quiet)
        by_module.pop("invocation", None)
        return by_module
    masked = checked._no_log_values | asked.secrets(params)
    return dict(remove_values(report, masked))


def _directly(
    action: ActionBase, request: bytes, variables: dict[str, Any], *, may_send: bool
) -> dict[str, Any] | None:
    """Have the code on the host answer, sent there first if need be; None where that cannot be done."""
    python = _interpreter(action, variables)
    command = f"[ -e {PLACE} ] || exit {_ABSENT}; {action._compute_environment_string()} {python} -I {PLACE} ask"
    done = action._low_level_execute_command(command, in_data=request)
    if done["rc"] == _ABSENT and may_send and _send(action, python):
        done = action._low_level_execute_command(command, in_data=request)
    if done["rc"] == _ABSENT:
        return None
    report: dict[str, Any] = action._parse_returned_data(done, "legacy")
    report.pop("_ansible_parsed", None)
    return report | ({"rc": done["rc"]} if "module_stdout" in report else {})


def _send(action: ActionBase, python: str) -> bool:
    """Leave the code on the host; tell whether it is there."""
    command = (
        f"umask 077; mkdir -p {toolkit.UNPACKED} && t=$(mktemp {toolkit.UNPACKED}/.sent.XXXXXX) && "
        f"{{ cat >$t && {python} -I $t unpack {PLACE}; s=$?; rm -f $t; exit $s; }}"
    )
    return bool(action._low_level_execute_command(command, in_data=CODE)["rc"] == 0)


def _interpreter(action: ActionBase, variables: dict[str, Any]) -> str:
    """Return the host's Python that the inventory names, or Debian's."""
    host = action._task.delegate_to
    known = variables.get("ansible_delegated_vars", {}).get(host, {}) if host else variables
    named = str(known.get("ansible_python_interpreter", _PYTHON))
    return named if named.startswith("/") else _PYTHON
