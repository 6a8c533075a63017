"""Which checks run beside which, and which begins first."""

import sys
import threading
import time

import pytest

from bongsu.errors import BadInput
from bongsu.testing import checks, lanes
from bongsu.testing.checks import Check
from bongsu.testing.waiting import Waiting


@pytest.fixture(autouse=True)
def any_lane(monkeypatch):
    monkeypatch.delenv(lanes.VARIABLE, raising=False)


def check(tmp_path, name, code="pass", **options):
    return Check(name, (sys.executable, "-c", code), tmp_path, **options)


def taken(waiting, count):
    """Take so many turns, none of which has to be waited for."""
    return [waiting.take() for _ in range(count)]


def names(turns):
    return [turn.check.name for turn in turns]


def waits(waiting):
    """Say whether the next turn has yet to be waited for."""
    began = threading.Thread(target=waiting.take, daemon=True)
    began.start()
    began.join(0.2)
    return began.is_alive()


def test_the_longest_begin_first_and_the_usual_is_two_minutes(tmp_path):
    todo = [check(tmp_path, "one", minutes=1), check(tmp_path, "usual"), check(tmp_path, "nine", minutes=9)]
    assert names(taken(Waiting(todo, side_by_side=2), 3)) == ["nine", "usual", "one"]


def test_one_after_the_other_the_order_is_the_one_asked_for(tmp_path):
    todo = [check(tmp_path, "one", minutes=1), check(tmp_path, "nine", minutes=9, alone="it measures time")]
    assert names(taken(Waiting(todo, side_by_side=1), 1)) == ["one"]


def test_two_that_need_the_same_never_run_at_once_and_count_as_one_long_one(tmp_path):
    lab = frozenset({"lab"})
    todo = [
        check(tmp_path, "five", minutes=5),
        check(tmp_path, "four", minutes=4, needs=lab),
        check(tmp_path, "three", minutes=3, needs=lab),
    ]
    waiting = Waiting(todo, side_by_side=3)
    first, second = taken(waiting, 2)
    assert names([first, second]) == ["four", "five"]
    waiting.give_back(second)
    assert waits(waiting)


def test_the_next_begins_when_what_it_needs_is_free_again(tmp_path):
    lab = frozenset({"lab"})
    waiting = Waiting([check(tmp_path, name, needs=lab) for name in ("a", "b")], side_by_side=2)
    first = waiting.take()
    threading.Timer(0.1, waiting.give_back, [first]).start()
    assert names([first, waiting.take()]) == ["a", "b"]


def test_what_must_be_alone_comes_first_with_nothing_beside_it(tmp_path):
    todo = [check(tmp_path, "long", minutes=9), check(tmp_path, "alone", alone="it measures time")]
    waiting = Waiting(todo, side_by_side=2)
    assert names(taken(waiting, 1)) == ["alone"]
    assert waits(waiting)


def test_each_has_a_lane_of_its_own_while_it_runs(tmp_path):
    todo = [check(tmp_path, name, in_lane=True) for name in "abc"]
    waiting = Waiting([*todo, check(tmp_path, "d")], side_by_side=3)
    first, second = taken(waiting, 2)
    waiting.give_back(first)
    assert [first.lane, second.lane, *(turn.lane for turn in taken(waiting, 2))] == [0, 1, 0, None]


def test_in_the_lane_that_the_operator_names_they_run_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setenv(lanes.VARIABLE, "7")
    waiting = Waiting([check(tmp_path, name, in_lane=True) for name in "ab"], side_by_side=2)
    assert waiting.take().lane == 7
    assert waits(waiting)


def test_an_unknown_lane_is_told_and_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv(lanes.VARIABLE, "ten")
    with pytest.raises(BadInput, match="write a number from 0 to 9"):
        list(checks.run_all([check(tmp_path, "a", in_lane=True), check(tmp_path, "b")], side_by_side=2))


def test_outcomes_come_as_they_end(tmp_path):
    lane = f"import os; print(os.environ['{lanes.VARIABLE}'])"
    todo = [
        check(tmp_path, "slow", "import time; time.sleep(1); print('slow')"),
        check(tmp_path, "quick", "print('quick')", minutes=9),
        check(tmp_path, "lane", lane, in_lane=True),
    ]
    begun = []
    outcomes = list(checks.run_all(todo, side_by_side=2, begun=lambda one: begun.append(one.name)))
    assert [(outcome.check.name, outcome.output) for outcome in outcomes][-1] == ("slow", "slow\n")
    assert sorted(begun) == ["lane", "quick", "slow"]
    assert sorted(outcome.output for outcome in outcomes) == ["0\n", "quick\n", "slow\n"]


def test_they_do_run_side_by_side(tmp_path):
    """Each waits for the file that the other writes."""
    code = (
        "import pathlib, sys, time\n"
        "mine, others = map(pathlib.Path, ('{}', '{}'))\n"
        "mine.touch()\n"
        "end = time.monotonic() + 20\n"
        "while not others.exists():\n"
        "    if time.monotonic() > end: sys.exit(1)\n"
        "    time.sleep(0.01)\n"
    )
    todo = [check(tmp_path, "a", code.format("a", "b")), check(tmp_path, "b", code.format("b", "a"))]
    assert [outcome.failed for outcome in checks.run_all(todo, side_by_side=2)] == [0, 0]


def test_when_the_operator_interrupts_nothing_else_begins(tmp_path):
    marks = [tmp_path / name for name in "abc"]
    code = "import pathlib, time; pathlib.Path('{}').touch(); time.sleep(0.5)"
    outcomes = checks.run_all([check(tmp_path, mark.name, code.format(mark)) for mark in marks], side_by_side=1)
    with pytest.raises(KeyboardInterrupt):
        for _ in outcomes:
            outcomes.throw(KeyboardInterrupt)
    time.sleep(0.2)
    assert not marks[2].exists()
