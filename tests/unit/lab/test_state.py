from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml
from ansible.parsing.vault import is_encrypted

from bongsu.errors import BadInput
from bongsu.lab.lab import Lab
from bongsu.lab.spec import parse_spec
from bongsu.lab.state import State


@pytest.fixture
def spec(hostvars):
    return parse_spec(hostvars, "here")


@pytest.fixture
def state(state_home, spec):
    state = State(spec.name)
    state.prepare(spec)
    assert state.path.is_relative_to(state_home)
    return state


def test_secrets_are_encrypted_and_private(state):
    files = state.inventory / "group_vars" / "all"
    secrets = files / "secrets.yml"
    assert is_encrypted(secrets.read_text())
    for file in (secrets, state.vault_password, state.sink_token, state.operator_key):
        assert file.stat().st_mode & 0o077 == 0
    assert state.path.stat().st_mode & 0o077 == 0
    assert set(state.secrets()) == {
        "host_certificate_ca_key",
        "prometheus_operator_password",
        "prometheus_operator_password_hash",
        "lab_sink_token",
    }
    assert "BEGIN CERTIFICATE" in yaml.safe_load((files / "ca.yml").read_text())["host_certificate_ca_certificate"]


def test_what_its_hosts_were_found_to_be_goes_with_the_lab(state):
    variables = yaml.safe_load((state.inventory / "group_vars/all/ssh.yml").read_text())
    assert variables["bongsu_evidence"] == str(state.path / "evidence")


def test_a_second_prepare_keeps_everything(state, spec):
    before = {path: path.read_bytes() for path in state.path.rglob("*") if path.is_file()}
    state.prepare(spec)
    assert {path: path.read_bytes() for path in state.path.rglob("*") if path.is_file()} == before


def test_host_keys_are_pinned_before_first_contact(state, spec):
    lines = state.known_hosts.read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["10.89.77.11", "ssh-ed25519"],
        ["10.89.77.21", "ssh-ed25519"],
    ]
    public = state.host_key(spec.host("mon")).with_suffix(".pub").read_text().split()
    assert lines[0].split()[1:] == public[:2]


def test_ansible_reads_it_beside_the_inventory(state, root):
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "inventory", "--list", "-i", root / "inventory/lab", "-i", state.inventory],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {"ANSIBLE_CONFIG": str(root / "ansible.cfg"), "ANSIBLE_VAULT_PASSWORD_FILE": str(state.vault_password)},
    )
    assert done.returncode == 0, done.stderr
    variables = yaml.safe_load(done.stdout)["_meta"]["hostvars"]["server1"]
    assert variables["ansible_user"] == "root"
    assert "StrictHostKeyChecking=yes" in variables["ansible_ssh_common_args"]
    assert variables["lab_sink_token"] == state.secrets()["lab_sink_token"]


def test_remove_leaves_nothing(state):
    state.remove()
    assert not state.path.exists()


def test_ssh_to_a_lab_that_is_not_up(state_home, spec, root):
    assert state_home.exists()
    with pytest.raises(BadInput, match="'bongsu' is not up; start it with `bongsu lab up`"):
        Lab(root / "inventory/lab", spec).ssh_argv("mon")
