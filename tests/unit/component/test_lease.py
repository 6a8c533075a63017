"""One controller's run at a time changes a host."""

import json
import time

import pytest
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu.component import lease, steps
from ansible.module_utils.bongsu.component.store import Store

ONE = {"id": "m1:1:1", "controller": "ann on desk (process 1)"}
TWO = {"id": "m2:2:2", "controller": "bob on rack (process 2)"}


@pytest.fixture
def leased(host):
    """A host that the first run has just changed."""
    host.lease = host.root / "state/lease.json"
    assert host.converge(host.file(content="a\n"), run=ONE)["changed"]
    return host


def age(host, seconds, boot=None):
    told = {"boot": boot or lease.BOOT.read_text().strip(), "renewed_at": engine.clock() - seconds}
    host.lease.write_text(json.dumps({**ONE, **told}))


def test_a_second_run_is_refused_with_who_and_until_when(leased):
    age(leased, 100.0)
    result = leased.converge(leased.file(content="b\n"), run=TWO)
    assert result["failed"]
    assert "another run is changing this host: ann on desk (process 1), 100 s ago" in result["msg"]
    assert "free 200 s from now" in result["msg"]
    assert result["held_by"] == ONE["id"]
    assert leased.config.read_text() == "a\n"
    assert leased.remove(run=TWO)["held_by"] == ONE["id"]
    assert not (leased.root / "state/journal/daemon").exists()


def test_a_second_run_may_look(leased):
    assert not leased.converge(leased.file(content="a\n"), run=TWO)["changed"]
    assert leased.converge(leased.file(content="b\n"), run=TWO, check=True)["changed"]
    assert json.loads(leased.lease.read_text())["id"] == ONE["id"]


def test_the_same_run_goes_on_and_renews_it(leased):
    age(leased, 299.0)
    assert leased.converge(leased.file(content="b\n"), run=ONE)["changed"]
    assert json.loads(leased.lease.read_text())["renewed_at"] > engine.clock() - 10


def test_what_takes_longer_than_a_lease_does_not_lose_it(leased):
    later = engine.clock() + 2 * lease.SECONDS

    def slow():
        steps.act = lambda plan: (act(plan), setattr(engine, "clock", lambda: later))

    act = steps.act
    assert leased.converge(leased.file(content="b\n"), run=ONE, before=slow)["changed"]
    assert json.loads(leased.lease.read_text())["renewed_at"] == later


def test_the_clock_of_the_day_may_be_put_right_meanwhile(leased, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert leased.converge(leased.file(content="b\n"), run=TWO)["held_by"] == ONE["id"]


@pytest.mark.parametrize(
    "old", [{"seconds": 301.0}, {"seconds": 1.0, "boot": "another"}], ids=["stale", "of a boot ago"]
)
def test_an_old_one_does_not_count(leased, old):
    age(leased, **old)
    assert leased.converge(leased.file(content="b\n"), run=TWO)["changed"]
    assert json.loads(leased.lease.read_text())["id"] == TWO["id"]


def test_one_of_a_run_known_to_be_dead_is_replaced(leased):
    assert leased.converge(leased.file(content="b\n"), run={**TWO, "replaces": "m9:9:9"})["failed"]
    assert leased.converge(leased.file(content="b\n"), run={**TWO, "replaces": ONE["id"]})["changed"]


def test_only_its_holder_gives_it_back(leased):
    store = Store(str(leased.root / "state"))
    lease.release(store, TWO["id"])
    assert leased.lease.exists()
    lease.release(store, ONE["id"])
    assert not leased.lease.exists()
    assert leased.converge(leased.file(content="b\n"), run=TWO)["changed"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": 1, "controller": 2, "boot": "", "renewed_at": "x"}', "\x00"])
def test_a_file_that_is_no_lease_counts_as_none(leased, text):
    leased.lease.write_text(text)
    assert leased.converge(leased.file(content="b\n"), run=TWO)["changed"]


def test_another_run_does_not_undo_what_waits_to_be_confirmed(leased):
    waiting = leased.converge(leased.file(content="b\n"), run=ONE, confirm_within=60)
    assert leased.converge(leased.file(content="c\n"), run=TWO)["held_by"] == ONE["id"]
    assert leased.config.read_text() == "b\n"
    assert leased.converge(run=ONE, confirm=waiting["confirm"]["token"])["changed"]
