"""A component that fails leaves the host as it was, and says why in the failing command's own words."""

import json
import os
import signal

import pytest
from ansible.module_utils.bongsu.component import steps


@pytest.fixture
def running(host):
    host.converge(host.file(content="good\n"))
    host.forget_calls()
    return host


def test_a_refused_file_never_reaches_its_place(running):
    before, unit = running.tree(), running.unit()
    result = running.converge(running.file(content="bad line\n", validate=["grep", "-q", "good", "%s"]))
    assert result["failed"]
    assert f"{running.config} was refused by 'grep -q good {running.config}'" in result["msg"]
    assert running.tree() == before
    assert running.unit() == unit
    assert running.calls() == []


def test_a_validator_speaks_of_the_real_path_line_and_all(running):
    result = running.converge(running.file(content="one\nbad\n", validate=["grep", "-Hnv", "bad", "%s", "/nowhere"]))
    assert f"{running.config}:1:one" in result["msg"]


def test_the_components_own_validation_fails_before_a_daemon_is_touched(running):
    before = running.tree()
    result = running.converge(running.file(content="bad\n"), validate=[["grep", "-q", "good", str(running.config)]])
    assert "its configuration was refused" in result["msg"]
    assert running.tree() == before
    assert running.calls() == []


def test_a_daemon_that_refuses_its_file_gets_the_old_one_back(running):
    before = running.tree()
    result = running.converge(running.file(content="broken\n"))
    assert "Job for daemon.service failed." in result["msg"]
    assert "Everything was put back as before." in result["msg"]
    assert running.tree() == before
    assert running.unit()["active"] == "active"
    assert not running.converge(running.file(content="good\n"))["changed"]


def test_an_unhealthy_component_is_rolled_back(running):
    before = running.tree()
    result = running.converge(running.file(content="new\n"), health=[{"tcp": {"port": 1}}], deadline=0.3)
    assert "tcp 127.0.0.1:1: [Errno 111] Connection refused" in result["msg"]
    assert running.tree() == before
    assert running.calls()[-1] == "reload-or-restart daemon.service"


def test_a_first_converge_that_fails_leaves_nothing(host):
    result = host.converge(
        host.file(str(host.root / "etc/new"), state="directory"),
        host.file(str(host.root / "etc/new/file"), content="x\n"),
        host.file(content="broken\n"),
    )
    assert result["failed"]
    assert host.tree() == {}
    assert host.unit()["active"] == "inactive"
    assert not (host.root / "state/components/daemon.json").exists()


def test_the_second_run_after_a_failure_fails_again(running):
    wanted = running.file(content="broken\n")
    assert running.converge(wanted)["failed"]
    assert running.converge(wanted)["failed"]


def test_secrets_are_masked_in_what_a_validator_says(running):
    result = running.converge(
        running.file(content="token: s3cr3t-token\n", secret=True, validate=["sh", "-c", "cat %s; exit 1"]),
        secrets=["s3cr3t-token"],
    )
    assert result["failed"]
    assert "s3cr3t-token" not in json.dumps({**result, "invocation": None})
    assert "was refused by" in result["msg"]


def test_an_interrupted_run_is_undone_by_the_next(running):
    def die():
        steps.act = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)

    assert running.converge(running.file(content="new\n"), before=die) == {"killed": True}
    assert running.config.read_text() == "new\n"
    result = running.converge(running.file(content="good\n"))
    assert result["actions"] == ["undid an interrupted run"]
    assert running.config.read_text() == "good\n"
    assert not (running.root / "state/journal/daemon").exists()


def test_a_reload_that_cannot_be_undone_makes_the_next_run_act(running):
    running.set_unit(config=str(running.root / "etc/other"))
    (running.root / "etc/other").write_text("broken\n")
    result = running.converge(running.file(content="new\n"))
    assert "Not everything could be put back" in result["msg"]
    (running.root / "etc/other").write_text("fine\n")
    running.forget_calls()
    assert running.converge(running.file(content="good\n"))["changed"]
    assert running.calls() == ["reload-or-restart daemon.service"]
