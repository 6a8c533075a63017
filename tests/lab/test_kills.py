"""Runs that are killed, by time and at exact side effects: afterwards each host is as before or as wanted.

This is the CI's share; `bongsu bench kills` does two hundred. BONGSU_BENCH_SEED repeats a campaign.
"""

from __future__ import annotations

import os
import secrets

import pytest

from bongsu.bench import _endings, kills

COUNT, HOSTS = 40, 2  # one of each release: what else runs beside this wants a core, too


@pytest.fixture(scope="module")
def campaign():
    seed = os.environ.get("BONGSU_BENCH_SEED") or secrets.token_hex(4)
    return kills.campaign(COUNT, HOSTS, seed, print, settled_within=150.0)  # other tests run beside this one


def test_no_host_is_left_broken(campaign):
    assert campaign["errors"] == []
    broken = [kills.line(record) for record in campaign["kills"] if record["problems"]]
    assert not broken, "\n".join([f"seed {campaign['seed']}", *broken])


def test_all_four_kinds_struck_in_the_middle_of_things(campaign):
    counts = campaign["summary"]["kinds"]
    assert {kind: sum(verdicts.values()) for kind, verdicts in counts.items()} == dict.fromkeys(_endings.KINDS, 10)
    assert campaign["summary"]["with_an_open_journal"] >= COUNT / 3
    assert campaign["summary"]["while_packages_came_or_went"] >= COUNT / 5
