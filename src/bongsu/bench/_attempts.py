"""What is tried in a campaign of kills: drawn at random, so that one seed gives one campaign. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from bongsu.bench import _endings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

State = Literal["bare", "a", "b"]

_EXACT = 0.6  # of all attempts
_LATEST = 0.3  # seconds into a side effect
_BOOTING = (0.1, 2.5)  # seconds from a host's start to its second end


@dataclass(frozen=True)
class Attempt:
    """One run, and how it ends before its time.

    ``missing``: packages are taken away first, so that the run installs some. Not ``healthy``: the run fails by itself,
    and undoes. ``share`` is the moment: of the run's side effects when ``exact``, else of its duration. ``late`` is
    seconds into that side effect.
    """

    start: State
    target: State
    kind: str
    way: str
    missing: bool
    healthy: bool
    exact: bool
    share: float
    late: float
    pause: float

    @property
    def run(self) -> tuple[str, ...]:
        """What decides how long the run takes and how many side effects it has."""
        return (self.start, self.target, *(["missing"] * self.missing), *(["unhealthy"] * (not self.healthy)))


# Where a run can go from each state, how likely: (target, packages are missing, healthy, weight).
_ROADS: dict[State, tuple[tuple[State, bool, bool, int], ...]] = {
    "bare": (("a", False, True, 4), ("b", False, True, 4), ("b", False, False, 2)),
    "a": (("b", False, True, 9), ("b", True, True, 5), ("b", False, False, 4), ("bare", False, True, 3)),
    "b": (("a", False, True, 9), ("a", True, True, 5), ("a", False, False, 4), ("bare", False, True, 3)),
}


def kinds(seed: str, count: int) -> list[str]:
    """Return so many kinds of kill, equally often, in a random order."""
    dealt = [_endings.KINDS[number % len(_endings.KINDS)] for number in range(count)]
    _generator(seed).shuffle(dealt)
    return dealt


def draw(random: Random, state: State, kind: str) -> Attempt:
    """Draw the attempt that follows on a host in a state."""
    roads = _ROADS[state]
    target, missing, healthy, _ = random.choices(roads, [weight for *_, weight in roads])[0]
    exact = random.random() < _EXACT
    # At an exact moment, the module's process ends by its own hand.
    ways = ("process",) if exact and kind == "module" else _endings.WAYS[kind]
    return Attempt(
        start=state,
        target=target,
        kind=kind,
        way=random.choice(ways),
        missing=missing,
        healthy=healthy,
        exact=exact,
        share=random.random(),
        late=random.choice((0.0, random.uniform(0.0, _LATEST))),
        pause=random.uniform(*_BOOTING),
    )


def campaign(seed: str, dealt: Sequence[str]) -> Iterator[Attempt]:
    """Yield attempts, each from where the one before was to lead, one a kind."""
    random = _generator(seed)
    state: State = "bare"
    for kind in dealt:
        attempt = draw(random, state, kind)
        yield attempt
        state = attempt.target


def _generator(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - to be repeated, not to be secret
