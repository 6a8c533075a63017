"""A service must stay up for a moment after it was acted on; what is asked of it meanwhile takes of that time."""

from types import SimpleNamespace

import pytest
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu.component import health
from drift_world import unit

WEB = "web.service"


@pytest.fixture
def world(monkeypatch):
    """A service whose states are given, and a clock that goes on only where somebody sleeps."""
    world = SimpleNamespace(now=0.0, slept=[], states=[])

    def sleep(seconds):
        world.slept.append(round(seconds, 3))
        world.now += seconds

    monkeypatch.setattr(health.time, "monotonic", lambda: world.now)
    monkeypatch.setattr(health.time, "sleep", sleep)
    monkeypatch.setattr(
        engine, "unit_states", lambda names: {name: unit(name, **world.states.pop(0)) for name in names}
    )
    return world


def up(invocation="first"):
    return {"active": True, "invocation": invocation}


def judged(world, *states, probing=0.0):
    world.states = [*states]
    since = health.seen([WEB, "web.timer"])
    world.now += probing
    complaints = health.hold(since)
    assert world.states == []
    return complaints, world.slept


def test_one_that_stays_up_is_watched_for_a_moment(world):
    assert judged(world, up(), up()) == ([], [0.3])


@pytest.mark.parametrize(("probing", "rest"), [(0.2, 0.1), (5.0, 0.0)])
def test_the_probes_take_of_that_moment(world, probing, rest):
    assert judged(world, up(), up(), probing=probing) == ([], [rest])


def test_one_that_began_anew_while_it_was_probed_has_its_moment_from_then_on(world):
    assert judged(world, up(), up("second"), up("second"), probing=2.0) == ([], [0.0, 0.3])
    assert judged(world, {"active": False}, up(), up(), probing=2.0)[0] == []


@pytest.mark.parametrize("end", [{"active": False}, up("third")])
def test_one_that_ends_or_begins_again_and_again_does_not_stay_up(world, end):
    assert judged(world, up(), up("second"), end)[0] == ["web.service does not stay up"]


def test_what_is_no_service_is_not_watched(world):
    assert health.hold(health.seen(["web.timer"])) == []
    assert world.slept == []
