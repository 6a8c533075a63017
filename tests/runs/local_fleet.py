"""Four hosts that are directories of this machine, and a playbook of site.yml's shape for the real ansible-playbook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from bongsu.paths import project_root

SITE = project_root() / "playbooks/site.yml"
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
INVENTORY = {
    "all": {
        "vars": LOCAL,
        "children": {
            "monitors": {"hosts": {"m1": None, "m2": None}},
            "servers": {"hosts": {"s1": None, "s2": None}},
        },
    }
}
PLAYBOOK = """\
- name: Ask
  hosts: all
  gather_facts: false
  tags: always
  tasks:
    - host_state: {state_directory: "ROOT/state/{{ inventory_hostname }}"}
      register: bongsu_host_state
      when: "'all' in ansible_run_tags"
    - fast_path:
      run_once: true
      register: bongsu_fast_path
- name: Converge
  hosts: "{{ groups | unconverged('all', hostvars | default({})) }}"
  gather_facts: false
  tasks:
    - component:
        name: own
        state_directory: "ROOT/state/{{ inventory_hostname }}"
        files:
          - dest: "ROOT/{{ place | default('files') }}/{{ inventory_hostname }}.conf"
            content: "{{ greeting | default('hello') }}\\n"
            owner: "{{ lookup('env', 'USER_NAME') }}"
            group: "{{ lookup('env', 'GROUP_NAME') }}"
      tags: own
    - component:
        name: "target.{{ inventory_hostname }}"
        state_directory: "ROOT/state/{{ item }}"
        files:
          - dest: "ROOT/files/{{ item }}.{{ inventory_hostname }}"
            content: "x\\n"
            owner: "{{ lookup('env', 'USER_NAME') }}"
            group: "{{ lookup('env', 'GROUP_NAME') }}"
      loop: "{{ groups['monitors'] }}"
      delegate_to: "{{ item }}"
    - command: "{{ meanwhile }}"
      when: meanwhile is defined
      changed_when: false
- name: Seal
  hosts: "{{ groups | unconverged('all', hostvars | default({})) }}"
  gather_facts: false
  tags: always
  tasks:
    - fast_path: {again: true}
      run_once: true
      register: bongsu_fast_path_again
    - seal: {state_directory: "ROOT/state/{{ inventory_hostname }}"}
    - host_state: {state_directory: "ROOT/state/{{ item }}", release: "{{ bongsu_fast_path_again.run }}"}
      loop: "{{ bongsu_fast_path_again.visited }}"
      delegate_to: "{{ item }}"
      run_once: true
"""
ALL = {"m1", "m2", "s1", "s2"}


def play_of_site(title: str) -> dict[str, Any]:
    """Return the play of site.yml whose name holds `title`."""
    (play,) = [play for play in yaml.safe_load(SITE.read_text()) if title in play["name"]]
    return dict(play)


class Fleet:
    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("files", "inventory", "bin"):
            (root / name).mkdir()
        for name in ("systemctl", "systemd-run"):  # a machine without systemd will do
            (root / "bin" / name).write_text("#!/bin/sh\n")
            (root / "bin" / name).chmod(0o755)
        (root / "inventory/hosts.yml").write_text(yaml.safe_dump(INVENTORY))
        (root / "site.yml").write_text(PLAYBOOK.replace("ROOT", str(root)))
        self.output = ""

    def tell(self, file: str, **variables: object) -> None:
        """Write a file of the inventory, such as host_vars/s1.yml."""
        path = self.root / "inventory" / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(variables))

    def site_play(self, title: str, *, tasks: int) -> dict[str, Any]:
        """Return the play of site.yml whose name holds `title`, doing the first `tasks` of this playbook's instead."""
        play = play_of_site(title)
        assert play.pop("become")
        own = yaml.safe_load((self.root / "site.yml").read_text())[1]
        return play | {"name": "Converge", "tasks": own["tasks"][:tasks]}

    def converge_by(self, play: dict[str, Any]) -> None:
        """Have the playbook converge its hosts by another play."""
        plays = yaml.safe_load((self.root / "site.yml").read_text())
        (self.root / "site.yml").write_text(yaml.safe_dump([plays[0], play, *plays[2:]]))

    def run(self, *arguments: str, status: int = 0) -> set[str]:
        """Run the playbook; return the hosts that were converged, and so not passed over."""
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory", "site.yml", *arguments]
        environment = {
            "ANSIBLE_CONFIG": str(project_root() / "ansible.cfg"),
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "USER_NAME": self.root.owner(),
            "GROUP_NAME": self.root.group(),
        }
        done = subprocess.run(
            command, cwd=self.root, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        self.output = done.stdout + done.stderr
        assert done.returncode == status, self.output
        assert "WARNING" not in self.output
        batches = re.findall(r"PLAY \[Converge\](.*?)(?=PLAY \[|PLAY RECAP)", self.output, re.DOTALL)
        return set(re.findall(r"^(?:ok|changed|failed|fatal): \[(\w+)\]", "".join(batches), re.MULTILINE))

    def record(self, host: str) -> dict[str, Any] | None:
        path = self.root / "state" / host / "fingerprint.json"
        found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return found
