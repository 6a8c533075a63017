"""How a host is asked: by this project's own code, left there once, with Ansible's module for where that cannot be."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from bongsu import trip
from bongsu.hostside import toolkit

BARE = {"record": {}, "components": {}, "drift": {}, "unfinished": [], "trouble": ""}


class Action(ActionBase):
    """An action whose host is a shell of this machine."""

    def __init__(self, *, check: bool = False, pipelining: bool = True) -> None:
        self._task = SimpleNamespace(check_mode=check, delegate_to=None, environment=None)
        self._connection = SimpleNamespace(
            is_pipelining_enabled=lambda: pipelining, _shell=SimpleNamespace(env_prefix=lambda **_: "")
        )
        self._used_interpreter = None
        self.commands: list[str] = []
        self.modules: list[str] = []
        self.answers: list[str] = []

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        raise NotImplementedError

    def _low_level_execute_command(self, cmd: str, in_data: bytes) -> dict[str, Any]:
        self.commands.append(cmd)
        done = subprocess.run(["/bin/sh", "-c", cmd], input=in_data, capture_output=True, check=False)
        out = self.answers.pop() if self.answers else done.stdout.decode()
        return {"rc": done.returncode, "stdout": out, "stderr": done.stderr.decode()}

    def _execute_module(self, module_name: str, module_args: Any, task_vars: dict[str, Any]) -> dict[str, Any]:
        assert task_vars["ansible_no_target_syslog"]
        self.modules.append(module_name)
        return {"invocation": module_args, "state": "of the module"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(toolkit, "UNPACKED", str(tmp_path / "run"))
    monkeypatch.setattr(trip, "PLACE", str(tmp_path / "run/code"))
    return tmp_path / "run/code"


def ask(action: Action, root: Path, module: str = "host_state", **arguments: Any) -> dict[str, Any]:
    return trip.ask(action, module, {"state_directory": str(root / "state"), **arguments}, {})


def test_the_code_is_left_on_the_host_once_and_answers_from_there(place: Path, tmp_path: Path):
    action = Action()
    assert ask(action, tmp_path)["state"].items() >= BARE.items()
    assert (place / toolkit.WHOLE).read_bytes() == trip.CODE == toolkit.archive()
    assert [path.name for path in place.parent.iterdir()] == ["code"]
    assert place.stat().st_mode & 0o077 == 0
    assert len(action.commands) == 3
    assert ask(action, tmp_path)["changed"] is False
    assert (len(action.commands), action.modules) == (4, [])


def test_in_check_mode_nothing_is_left_on_the_host(place: Path, tmp_path: Path):
    action = Action(check=True)
    assert ask(action, tmp_path) == {"state": "of the module"}
    assert (action.modules, place.parent.exists()) == (["host_state"], False)


def test_check_mode_is_asked_for(place: Path, tmp_path: Path):
    ask(Action(), tmp_path)
    action = Action(check=True)
    assert ask(action, tmp_path, release="x")["not_recorded"] == ["this is check mode"]
    assert action.modules == []


def test_without_pipelining_the_module_answers(place: Path, tmp_path: Path):
    action = Action(pipelining=False)
    assert ask(action, tmp_path) == {"state": "of the module"}
    assert action.commands == []


def test_where_the_code_cannot_be_left_the_module_answers(place: Path, tmp_path: Path):
    place.parent.write_text("in the way")
    action = Action()
    assert ask(action, tmp_path) == {"state": "of the module"}


def test_a_mistake_is_told_before_the_host_is_asked(tmp_path: Path):
    action = Action()
    with pytest.raises(AnsibleActionFail, match="host_state: no option colour"):
        ask(action, tmp_path, colour="red")
    assert (action.commands, action.modules) == ([], [])


def test_no_secret_is_in_what_the_host_answers(place: Path, tmp_path: Path):
    ask(Action(), tmp_path)
    action = Action()
    action.answers = ['{"failed": true, "msg": "line 3: password=hunter22, and letmein7", "changed": false}']
    secret = {"dest": "/etc/conf", "content": "a\npassword=hunter22\n}\n", "secret": True}
    answer = ask(action, tmp_path, "component", name="web", secrets=["letmein7"], files=[secret])
    assert (answer["failed"], answer["msg"]) == (True, "line 3: ********, and ********")


def test_a_login_that_leads_elsewhere_is_told_with_what_it_said(place: Path, tmp_path: Path):
    action = Action()
    action.answers = ["Please come back later.\n"] * 3
    answer = ask(action, tmp_path)
    assert answer["failed"]
    assert "come back later" in answer["module_stdout"]


def test_the_python_is_the_one_that_the_inventory_names(place: Path, tmp_path: Path):
    action = Action()
    trip.ask(action, "host_state", {}, {"ansible_python_interpreter": "/nowhere/python3"})
    assert "/nowhere/python3 -I" in action.commands[0]
    action._task.delegate_to = "m1"
    known = {"ansible_delegated_vars": {"m1": {"ansible_python_interpreter": "/opt/python3"}}}
    trip.ask(action, "host_state", {}, known)
    assert "/opt/python3 -I" in action.commands[-1]
    trip.ask(action, "host_state", {}, {"ansible_python_interpreter": "auto_silent"})
    assert "/usr/bin/python3 -I" in action.commands[-1]
