"""The callbacks in a real run of Ansible: every task's process sees what was seen before it was forked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bongsu.paths import project_root

PROBE = """
import sys
from ansible.plugins.action import ActionBase
from bongsu import said

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        seen = said._seen
        loaded = any(name.startswith("ansible.plugins.filter.") for name in sys.modules)
        told = {"disturbed": seen.disturbed, "under_way": len(seen.under_way), "loaded": loaded}
        return {"kept": said.may_be_kept(), **told}
"""
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - {TASK}
    - monitor_ready:
      register: probed
    - copy:
        content: "{{ probed | to_json }}"
        dest: "{PLACE}/{{ inventory_hostname }}"
"""
NOTHING = {
    "debug: {msg: x}",
    "assert: {that: true}",
    "{command: 'true', when: false}",
    "ansible.builtin.set_fact: {x: 1}",
}


def probed(directory: Path, task: str, **environment: str):
    (directory / "action_plugins").mkdir()
    (directory / "library").mkdir()
    (directory / "action_plugins/monitor_ready.py").write_text(PROBE)
    (directory / "library/monitor_ready.py").write_text("")
    (directory / "play.yml").write_text(PLAY.replace("{TASK}", task).replace("{PLACE}", str(directory)))
    root = project_root()
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "h1,", "-c", "local", directory / "play.yml"],
        env={**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (directory / "h1").is_file(), done.stdout + done.stderr
    return json.loads((directory / "h1").read_text())


@pytest.mark.parametrize("task", NOTHING)
def test_what_changes_no_host_leaves_what_was_said(tmp_path, task):
    seen = probed(tmp_path, task)
    assert (seen["kept"], seen["disturbed"], seen["loaded"]) == (True, float("-inf"), True)


@pytest.mark.parametrize("task", ["command: 'true'", "{command: 'false', ignore_errors: true}"])
def test_any_other_task_is_seen(tmp_path, task):
    seen = probed(tmp_path, task)
    assert seen["kept"]
    assert seen["disturbed"] > 0
    assert seen["under_way"] == 0


def test_a_task_that_is_left_to_itself_is_the_end_of_it(tmp_path):
    assert not probed(tmp_path, "{command: 'true', async: 5, poll: 0}")["kept"]


def test_where_the_callbacks_are_not_found_nothing_is_kept_and_each_task_loads_its_filters(tmp_path):
    seen = probed(tmp_path, "debug: {msg: x}", ANSIBLE_CALLBACK_PLUGINS=str(tmp_path))
    assert (seen["kept"], seen["loaded"]) == (False, False)
