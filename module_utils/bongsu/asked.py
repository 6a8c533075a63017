"""What a controller asks of a host, each question by its module's name: parameters in, a task's result out.

The modules of ``library/`` answer with this; so does the host's own Python, where the controller has left this code
(see ``src/bongsu/trip.py``). What a question does not need is not loaded: that would take longer than the answer.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .errors import BongsuError

_SHORTEST_MASKED = 6  # characters: masking shorter lines of a secret file ("}", "---") would blot out everything
_FROM_THE_ACTION: dict[str, Any] = {
    "owner": {"type": "str"},
    "run": {"type": "dict"},
    "confirm": {"type": "str", "no_log": False},
    "take_back": {"type": "bool", "default": False},
    "tell_others": {"type": "bool", "default": False},
}
# What a component that is one of several has not of its own.
_OF_ALL = ("state_directory", "confirm_within", "run", "confirm", "take_back", "tell_others")


def main() -> int:
    """Read one question from standard input, and print the answer, both as JSON; ``params`` have been checked."""
    question = json.loads(sys.stdin.buffer.read())
    report = answer(question["module"], question["params"], check=question["check"])
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


def argument_spec(module: str) -> dict[str, Any]:
    """Return the module's argument specification."""
    if module == "component":
        from .component.spec import ARGUMENT_SPEC

        return {**ARGUMENT_SPEC, **_FROM_THE_ACTION}
    if module == "components":
        one = argument_spec("component")
        return {
            "components": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {name: spec for name, spec in one.items() if name not in _OF_ALL},
            },
            "run": one["run"],
            "state_directory": one["state_directory"],
        }
    if module == "host_certificate":
        from .certificate import ARGUMENT_SPEC

        return ARGUMENT_SPEC
    from .state import ARGUMENT_SPEC

    return ARGUMENT_SPEC


def answer(module: str, params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Answer with a task's result; one that failed has ``failed`` and ``msg``."""
    try:
        return {"changed": False} | _ANSWERS[module](params, check)
    except BongsuError as error:
        return {"failed": True, "msg": str(error), **error.details}
    except OSError as error:
        place = f"{params['name']}: " if "name" in params else ""
        return {"failed": True, "msg": f"{place}{error}; look at the disk, and whether this runs as root"}


def secrets(params: dict[str, Any]) -> set[str]:
    """Return the lines of the secret files of one or several components: nothing that is reported may show them."""
    lines = {
        line.strip()
        for component in (params, *params.get("components", ()))
        for file in component.get("files") or ()
        if isinstance(file, dict) and file.get("secret") and file.get("content")
        for line in file["content"].splitlines()
    }
    return {line for line in lines if len(line) >= _SHORTEST_MASKED}


def _component(params: dict[str, Any], check: bool) -> dict[str, Any]:
    from .component import run
    from .component.converger import Request
    from .component.spec import parse

    component = parse(params)
    request = Request(params["state_directory"], params["state"] == "absent", params["owner"], params["run"])
    if params["take_back"]:
        return run.take_back(component.name, request, params["confirm"])
    if params["confirm"]:
        return run.confirm(component.name, params["confirm"], request)
    return run.converge(component, request, check=check, tell_others=params["tell_others"])


def _components(params: dict[str, Any], check: bool) -> dict[str, Any]:
    from .component import run
    from .component.converger import Request
    from .component.spec import parse

    several = [{**one, "confirm_within": None} for one in params["components"]]
    wanted = [
        (parse(one), Request(params["state_directory"], one["state"] == "absent", one["owner"], params["run"]))
        for one in several
    ]
    reports = run.converge_several(wanted, check=check) if wanted else []
    told = [
        {"name": one["name"], "owner": one["owner"], **report} for one, report in zip(several, reports, strict=True)
    ]
    holder = next((report["held_by"] for report in reports if "held_by" in report), None)
    return {
        "changed": any(report["changed"] for report in reports),
        "actions": [f"{one['name']}: {action}" for one in told for action in one.get("actions", ())],
        "diff": [entry for one in told for entry in one.pop("diff", ())],
        "components": told,
    } | ({"held_by": holder} if holder else {})


def _host_state(params: dict[str, Any], check: bool) -> dict[str, Any]:
    from . import state

    return state.answer(params, check=check)


def _host_certificate(params: dict[str, Any], check: bool) -> dict[str, Any]:
    from .certificate_host import answer as certify

    return certify(params, check=check)


_ANSWERS = {
    "component": _component,
    "components": _components,
    "host_state": _host_state,
    "host_certificate": _host_certificate,
}
