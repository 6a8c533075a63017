"""The controller's half of ``confirm_within``: a new login confirms, and a lock-out is waited for and told."""

import pytest
from action_component import Action
from ansible.errors import AnsibleConnectionFailure

from bongsu import confirmation

WAITING = {"changed": True, "actions": ["replaced /etc/ssh/sshd_config"], "confirm": {"token": "abc", "within": 60}}
CONFIRMED = {"changed": True, "actions": ["confirmed over a new connection"]}
UNDONE = {"changed": True, "actions": ["undid an interrupted run"]}
REFUSED = AnsibleConnectionFailure("ssh: connect to host web1 port 22: Connection refused")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock on which a second passes with each attempt, and no time in between."""
    now = [0.0]
    monkeypatch.setattr(confirmation.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(confirmation.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + 1 + seconds))
    return now


def test_it_is_confirmed_by_a_new_login(tmp_path):
    act = Action(tmp_path, WAITING, CONFIRMED)
    result = act(name="sshd", confirm_within=60)
    actions = [*WAITING["actions"], *CONFIRMED["actions"]]
    assert (result["changed"], result["actions"], result["round_trips"]) == (True, actions, 2)
    assert "confirm" not in result
    assert act.asked[1]["confirm"] == "abc"
    usual, anew = act.connected_with
    assert anew["ssh_args"] == f"-o ControlMaster=no -o ControlPath=none {usual['ssh_args']}"
    assert (anew["timeout"], anew["reconnection_retries"]) == (5, 0)
    assert act.connection.options == usual


def test_a_login_that_fails_once_is_tried_again(tmp_path):
    act = Action(tmp_path, WAITING, REFUSED, {"unreachable": True, "msg": "timed out"}, CONFIRMED)
    assert act(name="sshd", confirm_within=60)["changed"]
    assert len(act.asked) == 4


def test_a_lock_out_is_waited_for_and_told(tmp_path, clock):
    act = Action(tmp_path, WAITING, lambda: REFUSED if clock[0] < 70 else UNDONE)
    result = act(name="sshd", confirm_within=60)
    assert (result["failed"], result["changed"], result["rolled_back"]) == (True, False, True)
    assert "sshd: with this change the host could not be reached over a new connection" in result["msg"]
    assert "port 22: Connection refused" in result["msg"]
    assert "The host has put everything back as before, and lets you in again." in result["msg"]
    assert act.asked[-1]["take_back"] is True
    assert act.asked[-1]["confirm"] == "abc"  # which, had it confirmed all the same, would leave the change


def test_a_host_that_was_only_not_heard_is_not_told_as_shut(tmp_path, clock):
    act = Action(tmp_path, WAITING, lambda: REFUSED if clock[0] < 70 else {**CONFIRMED, "confirmed": True})
    result = act(name="sshd", confirm_within=60)
    assert "failed" not in result
    assert (result["changed"], result["actions"]) == (True, [*WAITING["actions"], *CONFIRMED["actions"]])


def test_a_host_that_never_comes_back_is_told_with_what_to_do(tmp_path, clock):
    act = Action(tmp_path, WAITING, REFUSED)
    result = act(name="sshd", confirm_within=60, deadline=10)
    assert (result["failed"], result["rolled_back"]) == (True, False)
    assert "It does not answer even now, 130 s later: look at its console." in result["msg"]
    assert "/var/lib/bongsu/journal/sshd/journal.json" in result["msg"]
    assert 60 + 130 <= clock[0] < 60 + 130 + 5


def test_a_confirmation_that_comes_too_late_fails_in_the_words_of_the_host(tmp_path):
    late = {"failed": True, "msg": "sshd: the confirmation came too late: everything has been put back as before"}
    result = Action(tmp_path, WAITING, late)(name="sshd", confirm_within=60)
    assert result["failed"]
    assert "came too late" in result["msg"]


def test_a_connection_that_the_change_itself_cuts_is_a_lock_out(tmp_path):
    act = Action(tmp_path, REFUSED, UNDONE)
    result = act(name="firewall", confirm_within=60)
    assert (result["failed"], result["rolled_back"]) == (True, True)
    assert act.asked[1]["take_back"] is True


def test_what_could_not_be_undone_is_told_in_the_words_of_the_host(tmp_path):
    broken = {"failed": True, "msg": "an interrupted run could not be undone: /etc/x: Read-only file system"}
    result = Action(tmp_path, REFUSED, broken)(name="firewall", confirm_within=60)
    assert not result["rolled_back"]
    assert "Read-only file system" in result["msg"]


def test_a_login_that_leads_nowhere_is_none(tmp_path, clock):
    nowhere = {"failed": True, "msg": "no JSON", "module_stdout": "", "module_stderr": "go away", "rc": 1}
    act = Action(tmp_path, WAITING, lambda: nowhere if clock[0] < 70 else UNDONE)
    result = act(name="sshd", confirm_within=60)
    assert (result["failed"], result["rolled_back"]) == (True, True)
    assert "one can log in, but no command runs as it should (exit status 1): go away" in result["msg"]
    assert "The host has put everything back as before" in result["msg"]


def test_whom_sshd_refuses_does_not_knock_so_often_that_he_is_shut_out_for_that(tmp_path, clock):
    """Each refusal shuts an address out for five seconds more, fifteen or more together are carried out."""
    denied, times = AnsibleConnectionFailure("root@web1: Permission denied (publickey)."), []
    act = Action(tmp_path, WAITING, lambda: times.append(clock[0]) or (denied if clock[0] < 70 else UNDONE))
    assert act(name="sshd", confirm_within=60)["rolled_back"]
    assert len(times) > 8
    shut_until = 0.0
    for time in times[:-1]:
        shut_until = max(shut_until, time) + 5
        assert shut_until - time < 15
