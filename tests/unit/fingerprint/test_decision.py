"""A host is passed over only when nothing at all speaks against it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bongsu.fingerprint import decision

SECTIONS = dict.fromkeys(decision.SECTIONS, "a")


def answer(host: str, **foreign: dict[str, str]) -> dict[str, Any]:
    """What a host says that has one component of its own, and ``foreign`` ones on other hosts."""
    record = decision.record(host, SECTIONS, {host: {"own": f"own of {host}", "gone": None}, **foreign})
    record |= {"files": {"/key": {}}, "until": None, "identity": "same"}
    return {
        "record": record,
        "trouble": "",
        "components": {"own": f"own of {host}"},
        "drift": {},
        "ineffective": [],
        "controls": True,
        "unfinished": [],
        "identity": "same",
        "changed_files": [],
        "expired": False,
    }


@pytest.fixture
def answers() -> dict[str, dict[str, Any]]:
    found = {"m1": answer("m1"), "s1": answer("s1", m1={"target.s1": "t1"}), "s2": answer("s2", m1={"target.s2": "t2"})}
    found["m1"]["components"] |= {"target.s1": "t1", "target.s2": "t2"}
    return found


def decide(answers: dict[str, Any], sections: dict[str, str] = SECTIONS, never: str = "") -> decision.Decision:
    return decision.decide(["m1", "s1", "s2"], answers, sections, never)


def test_all_are_passed_over_when_nothing_has_changed(answers):
    decided = decide(answers)
    assert decided.converged == ["m1", "s1", "s2"]
    assert (decided.pending, decided.ailing, decided.silent, decided.why) == ([], [], [], {})
    assert decision.tell(decided) == ["3 of 3 hosts are as the last complete run left them"]


@pytest.mark.parametrize("section", decision.SECTIONS)
def test_nobody_is_where_a_part_of_the_fingerprint_is_another(answers, section):
    decided = decide(answers, {**SECTIONS, section: "b"})
    assert decided.pending == ["m1", "s1", "s2"]
    assert decided.why["s1"] == f"changed since: {decision.SECTIONS[section]}"
    assert decision.tell(decided)[1:] == [f"m1, s1, s2: changed since: {decision.SECTIONS[section]}"]


def test_nobody_is_where_the_run_asks_for_everything(answers):
    decided = decide(answers, never="everything is asked for")
    assert decided.why == dict.fromkeys(["m1", "s1", "s2"], "everything is asked for")
    assert decided.ailing == []


# What is done to the answer of s1, and whether s1 then counts as in need of repair.
OWN: dict[str, tuple[Callable[[dict[str, Any]], Any], bool, str]] = {
    "no record": (lambda a: a.update(record={}), False, "no complete run"),
    "a bare host": (lambda a: a.update(record={}, components={}), True, "no complete run"),
    "a host in trouble": (lambda a: a.update(trouble="no python"), False, "no python"),
    "another host's record": (lambda a: a["record"].update(host="s2"), False, "of another host"),
    "a newer record": (lambda a: a["record"].update(format=decision.FORMAT + 1), False, "another version"),
    "another release": (lambda a: a.update(identity="other"), False, "its kernel"),
    "time is up": (lambda a: a.update(expired=True), False, "time to renew"),
    "controls that nobody asked for": (
        lambda a: a.update(controls=False),
        False,
        "it was not asked what is in effect on it",
    ),
    "a control": (lambda a: a.update(ineffective=["ssh.a", "ssh.b"]), False, "not in effect on it: ssh.a, ssh.b"),
    "a changed file": (lambda a: a.update(changed_files=["/key"]), False, "/key is not as it was left"),
    "drift": (
        lambda a: (a["components"].clear(), a["drift"].update(own="/x missing")),
        True,
        "has drifted: /x missing",
    ),
    "another manifest": (lambda a: a["components"].update(own="other"), False, "own is no longer as this host left it"),
    "no manifest": (lambda a: a["components"].pop("own"), True, "own is no longer as this host left it"),
    "what was taken away": (lambda a: a["components"].update(gone="back"), False, "gone is no longer"),
    "a journal": (lambda a: a.update(unfinished=["own"]), True, "an interrupted change of own"),
}


@pytest.mark.parametrize("change", OWN)
def test_a_host_is_not_passed_over_after(answers, change):
    make, ails, reason = OWN[change]
    make(answers["s1"])
    decided = decide(answers)
    assert decided.converged == ["m1", "s2"]
    assert reason in decided.why["s1"]
    assert decided.ailing == (["s1"] if ails else [])


ON_THE_MONITOR: dict[str, Callable[[dict[str, Any]], Any]] = {
    "its target is gone": lambda a: a["components"].pop("target.s1"),
    "its target is another": lambda a: a["components"].update({"target.s1": "other"}),
    "its target has drifted": lambda a: (a["components"].pop("target.s1"), a["drift"].update({"target.s1": "x"})),
    "its target is half done": lambda a: a.update(unfinished=["target.s1"]),
}


@pytest.mark.parametrize("change", ON_THE_MONITOR)
def test_a_host_is_not_passed_over_when_on_the_monitor(answers, change):
    ON_THE_MONITOR[change](answers["m1"])
    decided = decide(answers)
    assert decided.converged == ["m1", "s2"]
    assert "target.s1 on m1" in decided.why["s1"]


def test_a_monitor_that_was_not_asked_or_is_dead_speaks_against_those_that_it_watches(answers):
    del answers["m1"]
    decided = decide(answers)
    assert (decided.silent, decided.pending) == (["m1"], ["s1", "s2"])
    assert "on m1, which was not asked or did not answer" in decided.why["s1"]
    assert decision.tell(decided)[0] == "0 of 2 hosts are as the last complete run left them"


def test_what_others_have_on_a_host_is_none_of_its_business(answers):
    answers["m1"]["drift"] = {"of_nobody": "/x missing"}
    answers["m1"]["components"]["target.new"] = "t"
    assert decide(answers).converged == ["m1", "s1", "s2"]


TAKEN = {"sections": SECTIONS, "unknowable": [], "stamp": "s", "stale": False}


def test_a_run_is_written_down_when_nothing_moved_under_it():
    assert decision.unfit(TAKEN, copy.deepcopy(TAKEN)) == []


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (None, TAKEN, "only a part"),
        (TAKEN, None, "only a part"),
        ({**TAKEN, "unknowable": ["x reads y"]}, TAKEN, "x reads y"),
        (TAKEN, {**TAKEN, "stamp": "t"}, "was changed while"),
        (TAKEN, {**TAKEN, "sections": {**SECTIONS, "code": "b"}}, "was changed while"),
        ({**TAKEN, "stale": True}, TAKEN, "was changed while"),
    ],
)
def test_a_run_is_not_written_down(start, end, reason):
    assert reason in decision.unfit(start, end)[0]
