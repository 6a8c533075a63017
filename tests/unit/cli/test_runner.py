"""Real runs of ansible-playbook on this machine alone: events, artifacts, secrets, interruption."""

import configparser
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from bongsu import runner
from bongsu.paths import project_root

INVENTORY = """
all:
  hosts:
    a: {ansible_connection: local, ansible_python_interpreter: auto_silent}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    (inventory / "hosts.yml").write_text(INVENTORY)

    def run(tasks, **options):
        play = tmp_path / "play.yml"
        play.write_text(json.dumps([{"hosts": "all", "name": "Try", "tasks": tasks}]))
        return runner.run_playbook(str(play), [inventory], **options)

    return run


def everything_below(path):
    return "".join(file.read_text(errors="replace") for file in Path(path).rglob("*") if file.is_file())


def test_a_run_leaves_its_result_and_no_secret(run, monkeypatch):
    monkeypatch.setenv("CLOUD_TOKEN", "from-the-shell")
    seen = []
    tasks = [{"name": "Say", "ansible.builtin.debug": {"msg": "{{ mine | length }} {{ lookup('env', 'LANG') }}"}}]
    result = run(tasks, extra_vars={"mine": "in-a-variable"}, on_event=seen.append)
    assert (result.status, result.hosts["a"].ok) == ("ok", 1)
    assert [event.kind for event in seen] == ["play", "task", "start", "ok", "stats"]
    artifacts = Path(result.artifacts)
    assert artifacts.stat().st_mode & 0o777 == 0o700
    assert json.loads((artifacts / "result.json").read_text()) == result.document()
    kept = everything_below(artifacts)
    assert "from-the-shell" not in kept
    assert "in-a-variable" not in kept
    assert os.environ["CLOUD_TOKEN"] == "from-the-shell"


def test_host_keys_are_checked(run):
    result = run([])
    command = json.loads((Path(result.artifacts) / "ansible" / "command").read_text())
    assert command["env"]["ANSIBLE_HOST_KEY_CHECKING"] == "True"


def test_the_callbacks_of_ansible_cfg_see_it_beside_those_of_the_runner_and_the_operator(run, monkeypatch):
    """What ansible-runner says in the environment goes before what ansible.cfg says."""
    monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", "/theirs")
    command = json.loads((Path(run([]).artifacts) / "ansible" / "command").read_text())
    settings = configparser.ConfigParser()
    settings.read(project_root() / "ansible.cfg")
    own = str(project_root() / settings["defaults"]["callback_plugins"])
    *ours, runners = command["env"]["ANSIBLE_CALLBACK_PLUGINS"].split(os.pathsep)
    assert ours == [own, "/theirs"]
    assert "ansible_runner" in runners


def test_a_limit_that_matches_no_host_is_bad_input(run):
    result = run([], limit="nobody")
    assert result.exit_status == 2
    assert "no hosts to target" in result.errors[0]


def test_an_interrupt_stops_the_run_and_says_so(run):
    def interrupt(event):
        if event.kind == "start":
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    began = time.monotonic()
    result = run([{"name": "Nap", "ansible.builtin.command": "sleep 30"}], on_event=interrupt)
    assert result.exit_status == 130
    assert time.monotonic() - began < 15


def test_old_runs_go(run, monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "KEPT_RUNS", 2)
    for number in range(3):
        (tmp_path / "state/bongsu/runs" / f"2020010{number}").mkdir(parents=True)
    newest = run([]).artifacts
    left = sorted(str(path) for path in (tmp_path / "state/bongsu/runs").iterdir())
    assert left == [str(tmp_path / "state/bongsu/runs/20200102"), newest]


def test_the_environment_that_a_run_gets():
    environment = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "ANSIBLE_FORKS": "3",
        "ANSIBLE_GALAXY_TOKEN": "x",
        "ANSIBLE_VAULT_PASSWORD_FILE": "/f",
        "AWS_SECRET_ACCESS_KEY": "x",
        "https_proxy": "http://user:x@proxy",
    }
    kept = {"PATH", "LC_ALL", "ANSIBLE_FORKS", "ANSIBLE_VAULT_PASSWORD_FILE"}
    assert set(runner.kept_environment(environment)) == kept
