"""A run that is killed at any of its side effects: both ways back end with the host as before, or as wanted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.bongsu import hosttool
from ansible.module_utils.bongsu.component import toolkit, undo
from kill_scenarios import SCENARIOS, TOOLKIT, Scenario
from kill_stage import EVERY, Stage
from killing import differences, in_a_fork, snapshot, timeless
from managed_host import Host, archive_for
from toolkit_here import with_toolkit


@pytest.fixture(params=SCENARIOS.values(), ids=SCENARIOS)
def stage(request, host: Host) -> Stage:
    return Stage(request.param, host)


@pytest.fixture
def real_tool(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left in a journal looks at this host's places, not at this machine's."""
    packed = archive_for(host.root)
    monkeypatch.setattr(toolkit, "archive", lambda: packed)


def undo_by_timer(host: Host, *, really: bool) -> None:
    """Do what systemd would: run what was armed, as it is, or, a hundred times as fast, in a fork of this process."""
    for command in host.timers().values():
        script = Path(command[-1])
        if really:
            done = subprocess.run(command, env={**os.environ, **host.env}, capture_output=True, text=True, check=False)
            assert done.returncode == 0 or not script.exists(), done.stderr
        elif script.exists():
            assert in_a_fork(lambda path=script.parent: hosttool.main(["rollback", str(path)]), host.env) == 0


def test_the_next_run_ends_well(stage: Stage):
    for where in stage.kills():
        stage.end_well(where)


def test_the_dead_mans_switch_puts_it_back(stage: Stage, real_tool: None):
    for number, where in enumerate(stage.kills()):
        told = stage.journal.exists()
        committed = not told and stage.is_wanted()
        leaving = told and undo.is_leaving(stage.journal.parent)  # past its commit, a removal can only go on
        undo_by_timer(stage.host, really=EVERY or number == 2 or leaving)
        after = snapshot(stage.host.root)
        if committed or leaving:
            assert differences(timeless(after), stage.wanted) == [], where
        else:
            assert differences(after, stage.before) == [], where
        assert not stage.journal.exists(), where


@pytest.mark.parametrize("scenario", TOOLKIT.values(), ids=TOOLKIT)
def test_a_run_that_brings_or_takes_the_toolkit(scenario: Scenario, host: Host, monkeypatch: pytest.MonkeyPatch):
    with_toolkit(host, monkeypatch, judged=False)
    stage = Stage(scenario, host)
    for where in stage.kills():
        stage.end_well(where)
