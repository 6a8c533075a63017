"""How the benchmark `drift` goes about it, with hosts that answer as the test says."""

from types import SimpleNamespace

import pytest

from bongsu.bench import _lab, drift
from bongsu.bench.mutations import Mutation
from bongsu.errors import BongsuError
from bongsu.events import Failure, HostResult, RunResult

HOSTS = ("monitor1", "monitor2", "server1")
MUTATION = Mutation("masked", "web", "web.service", "unit_masked", "spoil", "is healed")
TOLD = {"component": "web", "resource": "web.service", "what": "unit_masked", "detail": ""}


class Lab:
    """Three hosts: a spoiled one says so, and site.yml heals all but the incurable."""

    def __init__(self):
        self.spec = SimpleNamespace(hosts=[SimpleNamespace(name=name) for name in HOSTS])
        self.spoiled, self.rounds, self.incurable, self.blind, self.lasting = set(), [], set(), set(), set()
        self.sites = 0

    def run(self, host, script, **_):
        if script == "spoil":
            self.spoiled.add(host)
        return SimpleNamespace(returncode=int(script == "is healed" and host in self.lasting))

    def look(self):
        return {host: [TOLD] if host in self.spoiled - self.blind else [] for host in HOSTS}

    def site(self, **_):
        self.sites += 1
        self.rounds.append(set(self.spoiled))
        self.spoiled &= self.incurable
        failed = {host: HostResult(failures=[Failure("T", "x:1", "cannot")]) for host in self.incurable}
        return RunResult("failed" if failed else "ok", {name: HostResult() for name in HOSTS} | failed)


@pytest.fixture
def lab(monkeypatch):
    made = Lab()
    monkeypatch.setattr(drift, "look", lambda lab: lab.look())
    monkeypatch.setattr(drift, "manifests", lambda _lab, _host: [])
    monkeypatch.setattr(drift, "possible", lambda _manifests: {"masked": [MUTATION]})
    monkeypatch.setattr(_lab, "site", lambda lab: lab.site())
    return made


def test_one_thing_at_a_time_and_never_both_monitors(lab):
    tried = list(drift.trials(lab, 7, seed=1))
    assert [str(trial) for trial in tried if not trial.good] == []
    assert len(tried) == 7
    first, second = {"monitor1", "server1"}, {"monitor2", "server1"}
    assert lab.rounds == [first, second, first, {"monitor2"}]


def test_what_drift_does_not_say_is_not_found(lab):
    lab.blind = {"server1"}
    assert [trial.host for trial in drift.trials(lab, 4, seed=1) if not trial.found] == ["server1", "server1"]


def test_what_is_not_repaired_is_told_and_ends_it(lab):
    lab.incurable = {"server1"}
    tried = list(drift.trials(lab, 10, seed=1))
    assert len(tried) == 2
    assert tried[1].left == ["still web.service unit_masked ", "cannot"]
    assert lab.sites == 2, "one more run, so that one bad host does not spoil what follows, before it gives up"


def test_an_effect_that_drift_cannot_see_counts(lab):
    lab.lasting = {"monitor1"}
    first = next(drift.trials(lab, 1, seed=1))
    assert (first.found, first.good) == (True, False)


def test_drift_before_anything_was_done_proves_nothing(lab):
    lab.spoiled = {"server1"}
    with pytest.raises(BongsuError, match="before anything was touched"):
        list(drift.trials(lab, 1, seed=1))


def test_the_figure_is_a_share_of_what_was_promised(lab, monkeypatch):
    monkeypatch.setattr(_lab, "provisioned", lambda _say: lab)
    monkeypatch.setattr(drift, "COUNT", 10)
    figure = drift.measure(100, lambda _text: None)
    assert (figure.value, figure.holds, figure.detail["ways"]) == (100, True, {"masked": 10})
    lab.incurable = {"server1"}
    figure = drift.measure(100, lambda _text: None)
    assert (figure.value, figure.holds, figure.detail["tried"]) == (10, False, 2)
