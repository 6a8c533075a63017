"""The power is cut in the middle of a run, and what was not flushed is lost: the host is as before or as wanted.

The hosts of `bongsu bench kills` are containers: their kernel lives on, and writes down what a dead host never flushed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from machine_side import Moment, begin, play, until

from bongsu.bench import _killing, _snapshot, _website

BENCH = Path(_killing.__file__).parent
PYTHON = "/opt/faults/python3"  # the machine's own, which stops at the side effect that it is told
SETTLED_WITHIN = 240  # seconds after a boot, for units, packages and the dead man's switch


class Website:
    """A machine that is converged from state to state, `bare`, `a` and `b`, and what it looks like in each."""

    def __init__(self, vm):
        self.vm, self.states, self.effects = vm, {}, {}

    def script(self, name, *arguments):
        """Run one of the benchmarks' host-side scripts: all that taking a snapshot asks for."""
        argv = ["/usr/bin/python3", "-I", "-", *arguments]
        return self.vm.run(argv, stdin=(BENCH / "host" / name).read_text(), check=True).stdout

    def prepare(self):
        wrapper = _killing._WRAPPER.format(mark="BONGSU_FAULTS_HOST=vm")
        for path, text in ((PYTHON, wrapper), ("/opt/faults/hook/sitecustomize.py", _killing._HOOK.read_text())):
            self.vm.run(["install", "-D", "--mode=0755", "/dev/stdin", path], stdin=text, check=True)
        for state in ("a", "bare", "a", "b"):  # what the first run leaves for good is in every snapshot
            self.order(0)
            self.converge(state).require_ok()
            self.effects[state] = len(self.vm.run("cat /run/faults/effects", check=True).stdout.splitlines())
            self.states[state] = self.look()
        self.vm.run("sync", check=True)
        return self

    def look(self):
        return _snapshot.take(self, _killing.LOOK)

    def order(self, at):
        order = json.dumps({"at": at, "how": "freeze", "delay": 0.0})
        self.vm.run("rm -rf /run/faults; mkdir /run/faults; cat >/run/faults/order", stdin=order, check=True)

    def task(self, state):
        component = _website.absent() if state == "bare" else _website.component(state)
        return {"name": "Converge the component under test", "component": component}

    def converge(self, state):
        return play(self.vm, self.task(state), "-e", f"ansible_python_interpreter={PYTHON}")

    def cut_during(self, state, moment):
        """Begin to converge, cut the power at the moment, and start the machine again."""
        with begin(self.vm, self.task(state), "-e", f"ansible_python_interpreter={PYTHON}"):
            moment.wait()
            self.vm.cut()
        self.vm.start()

    def judged(self, before, wanted):
        """Return which of the two the machine settles to, and what is wrong if it is neither."""
        judge = lambda: _killing.judge(self.look(), self.states[before], self.states[wanted])  # noqa: E731
        return until(lambda: (found := judge()) and not found[1] and found, SETTLED_WITHIN) or judge()

    def assert_converges(self, state):
        self.order(0)
        self.converge(state).require_ok()
        self.converge(state).require_unchanged()
        assert _snapshot.short(_snapshot.differences(self.states[state], self.look(), _killing._counts)) == []


@pytest.fixture(scope="module")
def website(vm):
    return Website(vm).prepare()


# It begins in b and goes to and fro; the share is that of the run's side effects that happened.
@pytest.mark.parametrize(("start", "target", "share"), [("b", "a", 0.3), ("a", "b", 0.6), ("b", "a", 0.9)])
def test_a_cut_at_a_side_effect_leaves_the_host_as_before_or_as_wanted(website, start, target, share):
    at = int(share * website.effects[target])
    website.order(at)
    website.cut_during(target, Moment(website.vm, "/run/faults/effects", "here"))
    verdict, problems = website.judged(start, target)
    assert problems == [], verdict
    website.assert_converges(target)


def test_a_cut_while_packages_are_unpacked_leaves_the_host_as_before_or_as_wanted(website):
    website.order(0)
    website.converge("bare").require_ok()
    website.vm.run("sync", check=True)
    website.cut_during("a", Moment(website.vm, "/var/log/dpkg.log", " status half-configured nginx"))
    verdict, problems = website.judged("bare", "a")
    assert problems == [], verdict
    website.assert_converges("a")
