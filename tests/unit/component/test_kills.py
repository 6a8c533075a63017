"""A run that is killed at any of its side effects: both ways back end with the host as before, or as wanted."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import count
from pathlib import Path

import pytest
from ansible.module_utils.bongsu import hosttool
from ansible.module_utils.bongsu.component import toolkit, undo, unfinished
from kill_scenarios import SCENARIOS, TOOLKIT
from kill_stage import EVERY, STRIDE, Stage
from killing import differences, in_a_fork, killed_at, killer, leftovers, snapshot, timeless
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


def boot(host: Host, cut_at: int = 0) -> bool:
    """Do what a boot does: whatever ran is gone, systemd-tmpfiles and what is enabled have their turn.

    Return whether it went through; the recovery is killed at its side effect number ``cut_at``, if it has so many.
    """
    configuration = Path(unfinished.CONFIGURATION)
    if configuration.exists():
        subprocess.run(["systemd-tmpfiles", "--remove", "--boot", configuration], check=True)
    units = json.loads(host.systemd.read_text())
    for name, unit in units.items():
        if not Path(unit["fragment"]).exists():
            host.set_unit(name, load="not-found", active="inactive", file="disabled")
        elif name != toolkit.RECOVER:
            host.set_unit(name, active="active" if unit["file"] == "enabled" else "inactive")
    if host.unit(toolkit.RECOVER)["file"] != "enabled":
        return True
    if not cut_at:
        assert in_a_fork(lambda: hosttool._recover(host.root / "state/journal", booting=True), host.env) == 0
        return True

    def recover() -> int:
        killer(cut_at, host.root)()
        for journal in sorted((host.root / "state/journal").glob("*")):
            hosttool._roll_back(journal, booting=True)
        return 0

    return in_a_fork(recover, host.env) == 0


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
    for where in toolkit_stage.kills():
        boot(toolkit_stage.host)
        whole(toolkit_stage, where)
        toolkit_stage.end_well(where)


def test_a_host_that_is_cut_off_again_while_it_boots(real_tool: None, toolkit_stage: Stage):
    """From the moment that the toolkit's own recovery is enabled to the end of the toolkit's journal."""
    journal = toolkit_stage.host.root / "state/journal/bongsu/journal.json"
    for nth in count(1, STRIDE if STRIDE == 1 else 2):
        if not toolkit_stage.kill(nth):
            return
        if not journal.exists() or toolkit_stage.host.unit(toolkit.RECOVER)["file"] != "enabled":
            continue
        for cut_at in count(1, STRIDE):
            toolkit_stage.kill(nth)
            if boot(toolkit_stage.host, cut_at):
                break
            where = f"kill {nth}, then {cut_at} while it boots, at {killed_at(toolkit_stage.host.root)}"
            boot(toolkit_stage.host)
            whole(toolkit_stage, where)


def whole(stage: Stage, where: str) -> None:
    """Assert that the toolkit is there or not, and the component too, each as a whole, and nothing of a run is left."""
    after = timeless(snapshot(stage.host.root))
    both = (timeless(stage.before), stage.wanted)
    apart = [[line.partition(": ")[0] for line in differences(after, each)] for each in both]
    for of_the_toolkit in (True, False):
        # what is told to node_exporter is of both together
        lines = [[x for x in each if ("bongsu" in x) == of_the_toolkit and x != "metrics units"] for each in apart]
        assert [] in lines, f"{where}: {lines}"
    # a journal's directory may be left of a run that was cut off before anything was touched; no open journal is
    assert [path for path in leftovers(stage.host.root) if "/journal/" not in path] == [], where
    assert list(stage.host.root.rglob("journal.json")) == [], where
