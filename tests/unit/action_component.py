"""The controller's half of ``component`` by itself: real templates and arguments, answers of a host that is made up."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar, trust_as_template

from bongsu.paths import project_root

PLUGIN = project_root() / "plugins/action/component.py"
Answer = dict[str, Any] | Exception


class Connection:
    """An SSH connection's options, and what they were each time that something was asked."""

    transport = "ssh"
    _shell = SimpleNamespace(tmpdir="")  # what ActionBase looks at

    def __init__(self) -> None:
        self.options: dict[str, Any] = {
            "ssh_args": "-C -o ControlPersist=60s",
            "timeout": 10,
            "reconnection_retries": 3,
        }

    def is_pipelining_enabled(self) -> bool:
        return False  # so that the module is asked; the other way: test_trip.py

    def get_option(self, name: str) -> Any:
        return self.options[name]

    def set_option(self, name: str, value: Any) -> None:
        self.options[name] = value


class Action:
    """Runs the action; ``answers`` are given one after the other, the last one for ever; one may be made when asked."""

    def __init__(self, directory: Path, *answers: Answer | Callable[[], Answer]) -> None:
        self.connection = Connection()
        self.asked: list[dict[str, Any]] = []
        self.connected_with: list[dict[str, Any]] = []
        self._answers = list(answers)
        self._loader = DataLoader()
        self._loader.set_basedir(str(directory))

    def __call__(
        self, variables: dict[str, Any] | None = None, *, check: bool = False, **arguments: Any
    ) -> dict[str, Any]:
        spec = importlib.util.spec_from_file_location("component_action", PLUGIN)
        plugin = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(plugin)
        task = Task()
        task.args = arguments
        task.check_mode = check
        known = {"inventory_hostname": "web1", **(variables or {})}
        action = plugin.ActionModule(
            task=task,
            connection=self.connection,
            play_context=None,
            loader=self._loader,
            templar=Templar(loader=self._loader, variables=known),
            shared_loader_obj=None,
        )
        action._execute_module = self._answer
        action._find_needle = lambda directory, name: self._loader.path_dwim(f"{directory}/{name}")
        return action.run(task_vars=known)

    def _answer(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        assert (module_name, task_vars["ansible_no_target_syslog"]) == ("component", True)
        self.asked.append(module_args)
        self.connected_with.append(dict(self.connection.options))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return {"invocation": {"module_args": module_args}, **answer}


def trusted(text: str) -> str:
    """A variable's text as the inventory gives it: to be rendered."""
    return trust_as_template(text)
