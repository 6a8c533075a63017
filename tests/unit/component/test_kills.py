"""A run that is killed at any of its side effects: both ways back end with the host as before, or as wanted."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.bongsu import hosttool
from ansible.module_utils.bongsu.component import toolkit, undo, unfinished
from kill_scenarios import SCENARIOS, TOOLKIT
from kill_stage import EVERY, Stage
from killing import differences, in_a_fork, leftovers, snapshot, timeless
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


def boot(host: Host) -> None:
    """Do what a boot does: whatever ran is gone, systemd-tmpfiles and what is enabled have their turn."""
    configuration = Path(unfinished.CONFIGURATION)
    if configuration.exists():
        subprocess.run(["systemd-tmpfiles", "--remove", "--boot", configuration], check=True)
    units = json.loads(host.systemd.read_text())
    for name, unit in units.items():
        if not Path(unit["fragment"]).exists():
            host.set_unit(name, load="not-found", active="inactive", file="disabled")
        elif name != toolkit.RECOVER:
            host.set_unit(name, active="active" if unit["file"] == "enabled" else "inactive")
    if host.unit(toolkit.RECOVER)["file"] == "enabled":
        assert in_a_fork(lambda: hosttool._recover(host.root / "state/journal", booting=True), host.env) == 0


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


@pytest.fixture(params=TOOLKIT.values(), ids=TOOLKIT)
def toolkit_stage(request, host: Host, monkeypatch: pytest.MonkeyPatch) -> Stage:
    with_toolkit(host, monkeypatch, judged=False)
    return Stage(request.param, host)


def test_a_run_that_brings_or_takes_the_toolkit(toolkit_stage: Stage):
    for where in toolkit_stage.kills():
        toolkit_stage.end_well(where)


def test_a_host_that_boots_while_the_toolkit_comes_or_goes(real_tool: None, toolkit_stage: Stage):
    """It has the toolkit or not, the component or not: each as a whole, with nobody coming back."""
    before, wanted = timeless(toolkit_stage.before), toolkit_stage.wanted
    for where in toolkit_stage.kills():
        boot(toolkit_stage.host)
        after = timeless(snapshot(toolkit_stage.host.root))
        apart = [[line.partition(": ")[0] for line in differences(after, each)] for each in (before, wanted)]
        for of_the_toolkit in (True, False):
            # what is told to node_exporter is of both together
            lines = [[x for x in each if ("bongsu" in x) == of_the_toolkit and x != "metrics units"] for each in apart]
            assert [] in lines, f"{where}: {lines}"
        root = toolkit_stage.host.root
        # a journal's directory may be left of a run that was cut off before anything was touched; no open journal is
        assert [path for path in leftovers(root) if "/journal/" not in path] == [], where
        assert list(root.rglob("journal.json")) == [], where
        toolkit_stage.end_well(where)
