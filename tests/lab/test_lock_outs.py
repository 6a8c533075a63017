"""Changes that shut the operator out: undone in time, told plainly. `bongsu bench lock-outs` tries all of them."""

from __future__ import annotations

import pytest

from bongsu.bench import _hostile, _victims, lock_outs

CHANGES = (
    "sshd: root is denied",
    "sshd: another port",
    "filter: port 22 is dropped",
    "filter: everything in is dropped",
    "PAM: no account is good",
    "network: the address goes away",
)
HOSTS = 2  # one of each release


@pytest.fixture(scope="module")
def records():
    with _victims.victims(HOSTS, print) as victims:
        return lock_outs.try_all(victims, CHANGES, print)


@pytest.mark.parametrize("name", CHANGES)
def test_it_does_not_last(records, name):
    (record,) = [record for record in records if record["name"] == name]
    assert record["problems"] == [], lock_outs.line(record)
    assert 0 < record["shut_for"] < _hostile.WITHIN + 5


def test_what_locks_nobody_out_stays_and_what_is_abandoned_is_undone(records):
    others = [record for record in records if record["name"] not in CHANGES]
    assert len(others) == 3 * HOSTS
    assert not [lock_outs.line(record) for record in others if record["problems"]]
