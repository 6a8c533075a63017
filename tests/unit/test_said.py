"""How long a host's answer holds: until anything may have changed the host, and a few seconds at most."""

from types import SimpleNamespace

import pytest
from action_component import Action
from ansible import constants
from ansible.errors import AnsibleConnectionFailure

from bongsu import said
from bongsu.fingerprint import notes

NOTHING_TO_DO = {"changed": False, "actions": [], "diff": [], "missing_packages": [], "controls": []}
CHANGED = {"changed": True, "actions": ["done"]}
COMPONENT = {"name": "daemon", "files": [{"dest": "/etc/daemon.conf", "content": "a\n"}]}


@pytest.fixture(autouse=True)
def clock(tmp_path, monkeypatch):
    """A run of Ansible that the callback sees, and a clock that a test sets."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(said, "_seen", said._Seen(present=True))
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(said, "now", lambda: clock.now)
    return clock


@pytest.fixture
def told(tmp_path, clock):
    """A host that has said, asked for another component, that there is nothing to do for this one."""
    Action(tmp_path, NOTHING_TO_DO)(**COMPONENT)  # the run notes what the controller takes for its digest
    digest = notes.read("web1").components["web1"]["daemon"]
    clock.now += 100
    act = Action(tmp_path, {**NOTHING_TO_DO, "settled": {"daemon": digest}, "release": "13"}, CHANGED)
    assert not {"settled", "release"} & act(name="first").keys()
    assert act.asked[-1]["tell_others"] is True
    return act


def rounds(act, variables=None, **values):
    return act(variables, **{**COMPONENT, **values})["round_trips"]


def task(action, *, asynchronous=0):
    return SimpleNamespace(action=action, async_val=asynchronous, _uuid="1")


def done(action, **how):
    said.begins("web2", task(action))
    said.ended("web2", task(action), **how)


def test_the_release_is_told_on_the_way(told):
    assert said.release("web1") == "13"
    assert said.release("web2") == ""


def test_what_was_said_is_not_asked_again_and_reported_as_ever(told):
    result = told(**COMPONENT)
    assert len(told.asked) == 1
    assert result == {**NOTHING_TO_DO, "component": "daemon", "round_trips": 0}
    assert rounds(told) == 0
    assert notes.read("web1").components["web1"].keys() == {"first", "daemon"}


OTHERWISE = {
    "another wish": {"files": [{"dest": "/etc/daemon.conf", "content": "b\n"}]},
    "another component": {"name": "other"},
    "one that is to go": {"state": "absent"},
    "an upgrade": {"upgrade": True},
    "another place for manifests": {"state_directory": "/srv/state"},
}


@pytest.mark.parametrize("values", OTHERWISE.values(), ids=OTHERWISE)
def test_what_was_not_said_is_asked(told, values):
    assert rounds(told, **values) == 1


def test_another_host_has_said_nothing(told):
    assert rounds(told, {"inventory_hostname": "web2"}) == 1


def test_another_way_to_the_host_may_lead_elsewhere(told):
    told.connection.options["host"] = "192.0.2.7"
    assert rounds(told) == 1


def test_it_holds_for_a_few_seconds(told, clock):
    clock.now += said.SECONDS - 1
    assert rounds(told) == 0
    clock.now += 1
    assert rounds(told) == 1


def test_a_change_of_the_run_s_own_ends_it(told, clock):
    clock.now += 1
    assert rounds(told, name="other") == 1
    assert rounds(told) == 1


def test_a_host_that_could_not_be_reached_may_have_been_changed(told, clock, tmp_path):
    clock.now += 1
    lost = Action(tmp_path, AnsibleConnectionFailure("gone"))
    with pytest.raises(AnsibleConnectionFailure):
        lost(name="other")
    assert rounds(told) == 1


def test_a_component_that_another_host_is_asked_for_may_change_any(told, clock):
    clock.now += 1
    said.touched(None)
    assert rounds(told) == 1


def test_an_answer_that_comes_late_is_as_old_as_its_question(told, clock):
    (answer,) = (entry for entry in said._entries("web1") if "settled" in entry)
    said.touched("web1")
    said.keep("web1", answer["where"], clock.now, answer["settled"], "13")
    assert rounds(told) == 0
    clock.now += 1
    said.touched("web1")
    said.keep("web1", answer["where"], clock.now - 0.5, answer["settled"], "13")
    assert rounds(told) == 1


@pytest.mark.parametrize("action", ["shell", "ansible.builtin.service", "remove_components", "some.collection.debug"])
def test_any_other_task_ends_it_whosever_it_is(told, clock, action):
    clock.now += 1
    done(action)
    assert rounds(told) == 1


def test_a_task_that_is_not_done_and_one_that_changes_nothing_do_not(told, clock):
    clock.now += 1
    done("shell", skipped=True)
    done("ansible.builtin.assert")
    done("host_state")
    assert rounds(told) == 0


def test_while_another_task_is_under_way_nothing_holds(told):
    said.begins("web2", task("shell"))
    assert rounds(told) == 1


@pytest.mark.parametrize(("left", "how"), [(0, {"lost": True}), (60, {})])
def test_a_task_that_may_go_on_is_the_end_of_it_for_this_run(told, clock, left, how):
    said.ended("web2", task("shell", asynchronous=left), **how)
    clock.now += 1
    assert rounds(told) == 1
    assert told.asked[-1]["tell_others"] is False


def test_without_the_callback_each_component_is_asked_for(told, monkeypatch):
    monkeypatch.setattr(said._seen, "present", False)
    assert rounds(told) == 1
    assert told.asked[-1]["tell_others"] is False


def test_what_was_said_in_check_mode_holds_there_and_nothing_is_noted(tmp_path, told, clock):
    assert rounds(told, check=True) == 1  # it may rely on less than a real run does
    digest = notes.read("web1").components["web1"]["daemon"]
    act = Action(tmp_path, {**NOTHING_TO_DO, "settled": {"daemon": digest}}, CHANGED)
    before = notes.read("web1").components
    clock.now += 1
    act(check=True, name="second")
    assert rounds(act, check=True) == 0
    assert notes.read("web1").components == before
    assert rounds(act) == 1
