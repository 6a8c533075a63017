"""A campaign of kills: the same for the same seed, of every kind, each attempt from where the one before led."""

import dataclasses
from collections import Counter
from itertools import pairwise

import pytest

from bongsu.bench import _attempts, _endings, _killing, kills

BARE = {
    "paths": {"/etc": ["directory"]},
    "packages": {"dpkg": "1 installed"},
    "units": {"nginx.service": "- inactive"},
    "answers": {"http://127.0.0.1/": ["no answer"]},
    "manifests": {},
    "automatic": [],
    "held": [],
    "failed": [],
    "audit": "",
    "system": "running",
    "journals": {"open": [], "never_opened": []},
}
FULL = {
    **BARE,
    "paths": {"/etc": ["directory"], "/etc/site": ["file"], "/usr/lib/bongsu": ["directory"]},
    "units": {"nginx.service": "enabled active"},
    "manifests": {"website": {}, "bongsu": {}},
}


def test_one_seed_gives_one_campaign():
    dealt = _attempts.kinds("s", 40)
    assert Counter(dealt) == dict.fromkeys(_endings.KINDS, 10)
    one, again, other = (list(_attempts.campaign(seed, dealt)) for seed in ("s", "s", "t"))
    assert one == again
    assert one != other
    assert [attempt.kind for attempt in one] == dealt


def test_each_attempt_begins_where_the_one_before_was_to_lead():
    attempts = list(_attempts.campaign("s", _attempts.kinds("s", 400)))
    assert attempts[0].start == "bare"
    assert all(before.target == after.start for before, after in pairwise(attempts))
    assert all(attempt.start != attempt.target for attempt in attempts)
    assert {(attempt.kind, attempt.way) for attempt in attempts} == {
        (kind, way) for kind, ways in _endings.WAYS.items() for way in ways
    }
    for field in ("missing", "healthy", "exact"):
        assert {getattr(attempt, field) for attempt in attempts} == {True, False}


@pytest.mark.parametrize(("seen", "verdict"), [(BARE, "before"), (FULL, "wanted")])
def test_as_before_or_as_wanted_is_well(seen, verdict):
    assert _killing.judge(seen, BARE, FULL) == (verdict, [])


def test_the_toolkit_may_have_come_before_the_component():
    seen = {**BARE, "manifests": {"bongsu": {}}}
    seen["paths"] = {"/etc": ["directory"], "/usr/lib/bongsu": ["directory"]}
    assert _killing.judge(seen, BARE, FULL) == ("before", [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": {"nginx.service": "enabled active"}},
        {"paths": {**BARE["paths"], "/etc/site": ["file"]}},
        {"paths": {**BARE["paths"], "/etc/.site.bongsu-new": ["file"]}},
        {"paths": {**BARE["paths"], "/usr/sbin/policy-rc.d": ["file"]}},
        {"packages": {"dpkg": "1 unpacked"}},
        {"answers": {"http://127.0.0.1/": ["a", "b"]}},
        {"manifests": {"website": {}}},
        {"automatic": ["dpkg"]},
        {"failed": ["nginx.service"]},
        {"audit": "the following packages are half installed"},
        {"system": "degraded"},
        {"journals": {"open": ["website"], "never_opened": []}},
    ],
    ids=str,
)
def test_anything_between_is_broken(wrong):
    verdict, problems = _killing.judge({**BARE, **wrong}, BARE, FULL)
    assert verdict == "broken"
    assert problems


def test_the_summary_counts_by_kind_and_verdict():
    attempt = dataclasses.asdict(next(_attempts.campaign("s", ["host"])))
    common = {**attempt, "host": "victim1", "moment": "7 os.rename", "journal_open": ["website"], "problems": []}
    records = [{**common, "verdict": "before", "seconds": 2.0}, {**common, "verdict": "wanted", "seconds": 11.5}]
    found = kills.summary(records)
    assert found["kinds"] == {"host": {"before": 1, "wanted": 1}}
    assert (found["with_an_open_journal"], found["while_packages_came_or_went"], found["slowest"]) == (2, 2, 11.5)
    assert kills.line(records[0]).startswith("victim1: bare -> ")
