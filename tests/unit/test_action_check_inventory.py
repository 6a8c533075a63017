"""The action, in the real ansible-playbook: a bad inventory stops the run before any host is contacted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bongsu.paths import project_root

PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Refuse mistakes before a host is contacted
      check_inventory:
      run_once: true
    - name: Contact the hosts
      ansible.builtin.command: /bin/true
"""
# An address that nothing answers at: whoever contacts it fails otherwise than expected here.
HOSTS = "all: {children: {moniters: {hosts: {m1: {ansible_host: 192.0.2.1}, m2: {ansible_host: 192.0.2.1}}}}}\n"


def play(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "site.yml").write_text(PLAYBOOK)
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yml").write_text(HOSTS)
    command = [Path(sys.executable).parent / "ansible-playbook", *(arguments or ("-i", "inventory")), "site.yml"]
    config = {"ANSIBLE_CONFIG": str(project_root() / "ansible.cfg"), **environment}
    return subprocess.run(
        command, cwd=tmp_path, env=os.environ | config, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def told(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return play(tmp_path)


def test_every_problem_is_told_and_no_host_contacted(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 2
    assert "inventory/hosts.yml:1: moniters: no role is for this group; did you mean 'monitors'?" in told.stdout
    assert "m2.ansible_host: m2 has the address 192.0.2.1, as m1 has" in told.stdout
    assert "no host was contacted" in told.stdout
    assert "Contact the hosts" not in told.stdout
    assert "unreachable=1" not in told.stdout


def test_hosts_and_values_of_the_command_line_are_checked_as_well(tmp_path: Path) -> None:
    told = play(tmp_path, "-i", "192.0.2.1,", "-e", "accounts_state=gone", "-e", "prometheus_peers_deadline=soon")
    assert told.returncode == 2
    assert "accounts_state: 'gone' is not one of: present, absent" in told.stdout
    assert "prometheus_peers_deadline: is 'soon', where a whole number is wanted" in told.stdout
    assert "Contact the hosts" not in told.stdout


def test_it_says_where_the_package_is_missing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "bongsu").mkdir(parents=True)
    (tmp_path / "elsewhere" / "bongsu" / "__init__.py").touch()
    told = play(tmp_path, PYTHONPATH=str(tmp_path / "elsewhere"))
    assert told.returncode == 2
    assert "has no package bongsu" in told.stdout
    assert "pip install" in told.stdout
