"""What may lock the operator out waits to be confirmed over a new connection, and else is undone."""

import json

import pytest
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu import hosttool
from ansible.module_utils.bongsu.component import deadman
from ansible.module_utils.bongsu.component.journal import Journal
from killing import differences, in_a_fork, killed_at, killer, snapshot


@pytest.fixture
def waiting(host):
    """A host whose daemon has just got a new file, for a minute."""
    host.converge(host.file(content="old\n"))
    host.journal = host.root / "state/journal/daemon"
    host.before = host.manifest()
    host.report = host.converge(host.file(content="new\n"), confirm_within=60)
    return host


def roll_back(host, at=None, *arguments):
    """Do what the host's timer does, ``at`` seconds of its clock."""

    def tool():
        if at is not None:
            engine.clock = lambda: at
        return hosttool.main(["rollback", str(host.root / "state/journal/daemon"), *arguments])

    return in_a_fork(tool, host.env)


def until(host):
    return json.loads((host.root / "state/journal/daemon/journal.json").read_text())["confirm"]["until"]


def test_the_change_is_there_and_its_journal_stays(waiting):
    assert waiting.report["confirm"]["within"] == 60
    assert waiting.config.read_text() == "new\n"
    assert waiting.manifest() == waiting.before
    # as simple as can be: systemd replaces variables in it, and not every release alike
    assert list(waiting.timers().values()) == [["/bin/sh", f"{waiting.journal}/rollback"]] * 2


def test_the_right_token_commits_it(waiting):
    result = waiting.converge(confirm=waiting.report["confirm"]["token"])
    assert result["actions"] == ["confirmed over a new connection"]
    assert not waiting.journal.exists()
    assert waiting.timers() == {}
    assert not waiting.converge(waiting.file(content="new\n"))["changed"]
    assert roll_back(waiting) == 0
    assert waiting.config.read_text() == "new\n"


def test_who_has_not_heard_the_answer_asks_again(waiting):
    token = waiting.report["confirm"]["token"]
    first, again = (waiting.converge(confirm=token) for _ in range(2))
    assert first == again
    assert not waiting.converge(waiting.file(content="new\n"))["changed"]
    waiting.converge(waiting.file(content="newer\n"))
    assert "came too late" in waiting.converge(confirm=token)["msg"]


def test_a_wrong_token_commits_nothing(waiting):
    assert "came too late" in waiting.converge(confirm="wrong")["msg"]
    assert waiting.journal.exists()


def test_the_timer_does_nothing_while_there_is_time_and_undoes_it_afterwards(waiting):
    assert roll_back(waiting, until(waiting) - 0.1) == 0
    assert waiting.config.read_text() == "new\n"
    assert roll_back(waiting, until(waiting)) == 0
    assert waiting.config.read_text() == "old\n"
    assert not waiting.journal.exists()
    late = waiting.converge(confirm=waiting.report["confirm"]["token"])
    assert "the confirmation came too late: everything has been put back as before" in late["msg"]
    assert not waiting.converge(waiting.file(content="old\n"))["changed"]


def test_a_host_that_boots_does_not_wait(waiting):
    assert roll_back(waiting, until(waiting) - 30, "--boot") == 0
    assert waiting.config.read_text() == "old\n"


def test_it_can_be_taken_back_at_once(waiting):
    assert waiting.converge(take_back=True)["actions"] == ["undid an interrupted run"]
    assert waiting.config.read_text() == "old\n"
    again = waiting.converge(take_back=True)
    assert (again["changed"], again["actions"]) == (False, [])


def test_check_mode_and_a_run_with_nothing_to_do_ask_for_no_confirmation(waiting):
    waiting.converge(confirm=waiting.report["confirm"]["token"])
    assert "confirm" not in waiting.converge(waiting.file(content="new\n"), confirm_within=60)
    assert "confirm" not in waiting.converge(waiting.file(content="b\n"), confirm_within=60, check=True)


def test_a_run_killed_at_any_moment_of_it_leaves_a_way_back(host, monkeypatch):
    """Killed before it waits, it is undone at once; afterwards there is a timer that is due when the time is over."""
    host.converge(host.file(content="old\n"))
    before, nth = snapshot(host.root), 1
    while "killed" in host.converge(host.file(content="new\n"), confirm_within=60, before=killer(nth, host.root)):
        if snapshot(host.root) != before:
            assert host.timers(), killed_at(host.root)
            assert roll_back(host, engine.clock() + 60) == 0
        assert differences(snapshot(host.root), before) == [], killed_at(host.root)
        host.converge(take_back=True)
        nth += 7
    assert nth > 40


def test_the_wait_is_written_down_after_its_timer_is_armed(host, monkeypatch):
    """Else a run killed between the two would leave a host that waits for ever."""
    journal = Journal(host.root / "state/journal/daemon", "daemon")
    seen = []

    def arm(component, script, seconds):
        entry = journal.directory / "journal.json"
        seen.append((seconds, entry.exists() and json.loads(entry.read_text())["confirm"]))

    monkeypatch.setattr(deadman, "arm", arm)
    journal.open()
    began = engine.clock()
    journal.await_confirmation({}, 60)
    assert seen == [(deadman.GRACE, False), (60, None)]
    assert began + 60 <= until(host) <= engine.clock() + 60


def test_a_confirmation_that_is_cut_off_is_given_by_asking_again(waiting):
    nth, token, content = 1, waiting.report["confirm"]["token"], "new\n"
    while "killed" in waiting.converge(confirm=token, before=killer(nth, waiting.root)):
        assert "failed" not in waiting.converge(confirm=token), f"killed at side effect {nth}"
        assert waiting.config.read_text() == content
        assert not (waiting.journal / "journal.json").exists()
        assert not waiting.converge(waiting.file(content=content))["changed"]
        nth, content = nth + 1, f"new {nth}\n"
        token = waiting.converge(waiting.file(content=content), confirm_within=60)["confirm"]["token"]
    assert nth > 3


@pytest.mark.parametrize("stage", ["committed", "open"])
def test_one_that_is_cut_off_and_never_asked_for_again_leaves_the_host_as_before_or_as_wanted(waiting, stage):
    nth, token = (1 if stage == "open" else 4), waiting.report["confirm"]["token"]
    assert "killed" in waiting.converge(confirm=token, before=killer(nth, waiting.root))
    at = until(waiting) if (waiting.journal / "journal.json").exists() else None
    assert roll_back(waiting, at) == 0
    told = waiting.config.read_text()
    assert told in ("old\n", "new\n")
    assert not waiting.converge(waiting.file(content=told))["changed"]


def at_the_end(host):
    """Have the module's clock stand where the wait ends, in the module's process."""
    end = until(host)

    def before():
        engine.clock = lambda: end

    return before


def test_a_confirmation_after_the_end_of_the_wait_is_none_whoever_has_not_yet_undone_it(waiting):
    token = waiting.report["confirm"]["token"]
    late = waiting.converge(confirm=token, before=at_the_end(waiting))
    assert "came too late: everything has been put back" in late["msg"]
    assert (waiting.config.read_text(), waiting.journal.exists()) == ("old\n", False)


def test_what_a_token_has_confirmed_is_not_taken_back(waiting):
    token = waiting.report["confirm"]["token"]
    waiting.converge(confirm=token)
    assert waiting.converge(take_back=True, confirm=token)["confirmed"]
    assert not waiting.converge(take_back=True, confirm="another")["confirmed"]
    assert waiting.config.read_text() == "new\n"


@pytest.fixture
def leaving(host):
    """A host that a daemon is about to leave, whose file was another's before."""
    host.config.parent.mkdir(parents=True, exist_ok=True)
    host.config.write_text("theirs\n")
    host.before = host.tree()
    host.converge(host.file(content="ours\n"))
    host.journal = host.root / "state/journal/daemon"
    host.report = host.remove(confirm_within=60)
    return host


def test_a_removal_waits_as_well(leaving):
    assert leaving.report["confirm"]["within"] == 60
    assert (leaving.config.read_text(), leaving.journal.exists()) == ("theirs\n", True)
    token = leaving.report["confirm"]["token"]
    assert leaving.remove(confirm=token)["actions"][0] == "confirmed over a new connection"
    assert leaving.tree() == leaving.before
    assert leaving.timers() == {}
    assert not (leaving.root / "state").exists()
    assert "failed" not in leaving.remove(confirm=token)  # whose answer was lost
    assert leaving.remove(confirm=token, take_back=True)["confirmed"]
    assert not (leaving.root / "state").exists()
    assert leaving.remove() == leaving.remove(check=True)


def test_a_removal_that_nobody_confirms_is_undone(leaving):
    assert roll_back(leaving, until(leaving)) == 0
    assert leaving.config.read_text() == "ours\n"
    assert "came too late" in leaving.remove(confirm=leaving.report["confirm"]["token"])["msg"]
    assert not leaving.converge(leaving.file(content="ours\n"))["changed"]


def test_a_confirmed_removal_that_is_cut_off_is_seen_through_by_asking_again(leaving):
    nth, token = 1, leaving.report["confirm"]["token"]
    while "killed" in leaving.remove(confirm=token, before=killer(nth, leaving.root)):
        assert "failed" not in leaving.remove(confirm=token), f"killed at side effect {nth}"
        assert leaving.tree() == leaving.before
        assert not (leaving.root / "state").exists()
        leaving.converge(leaving.file(content="ours\n"))
        nth, token = nth + 1, leaving.remove(confirm_within=60)["confirm"]["token"]
    assert nth > 20
