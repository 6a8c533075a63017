"""The action, in the real ansible-playbook: a denied name is refused before its host is contacted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bongsu import pki
from bongsu.paths import project_root

PLAY = {
    "hosts": "all",
    "gather_facts": False,
    "tasks": [
        {
            "host_certificate": {
                "ca_certificate": "{{ ca[0] }}",
                "ca_key": "{{ ca[1] }}",
                "denied": "{{ denied }}",
                "names": ["{{ inventory_hostname }}", "old.example.org"],
            },
        },
    ],
}
# An address that nothing answers at: whoever contacts it fails otherwise than expected here.
HOST = {"ansible_host": "192.0.2.1", "ansible_ssh_common_args": "-o ConnectTimeout=1", "ca": pki.new_ca("test CA")}


def play(tmp_path: Path, denied: list[object]) -> str:
    (tmp_path / "play.yml").write_text(json.dumps([PLAY]))
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"web7": {**HOST, "denied": denied}}}}))
    command = [Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.yml", "play.yml"]
    config = {"ANSIBLE_CONFIG": str(project_root() / "ansible.cfg")}
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | config, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    return done.stdout


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        ([{"name": "a"}, {"name": "Web7", "since": "2026-11-23", "reason": "stolen"}], "since 2026-11-23 (stolen)"),
        ([{"name": "old.example.org"}], "old.example.org gets no certificate"),
        (["web7"], "has no name"),
    ],
)
def test_a_denied_name_is_refused_with_the_cure(tmp_path: Path, denied: list[object], said: str) -> None:
    told = " ".join(play(tmp_path, denied).split())
    assert said in told
    assert "unreachable=0" in told
    assert "BEGIN PRIVATE KEY" not in told
    if "has no name" not in said:
        assert "or its entry off that list when the name is to be used again" in told


def test_other_names_do_not_matter(tmp_path: Path) -> None:
    assert "unreachable=1" in play(tmp_path, [{"name": "web70"}])
