"""Checks that wait for their turn: which may begin now, beside those that run."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bongsu.testing import lanes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bongsu.testing.checks import Check

_USUAL = 2.0  # minutes of a check that does not say


@dataclass(frozen=True)
class Turn:
    """A check whose turn it is, and the lane that it has meanwhile."""

    check: Check
    lane: int | None


class Waiting:
    """What is yet to run. Threads take a turn when they are free, and give it back when the check has ended."""

    def __init__(self, checks: Sequence[Check], *, side_by_side: int) -> None:
        """Put checks in order: those that run alone, then the longest first, so that no long one is left for the end.

        Where nothing runs side by side, the order is the one asked for. Raises BadInput where checks work in a lane and
        the environment names none that there is.
        """
        self._places = sorted(
            range(len(checks)),
            key=lambda place: (not checks[place].alone, -_length(checks, place)) if side_by_side > 1 else place,
        )
        self._checks = checks
        self._lanes = lanes.available() if any(check.in_lane for check in checks) else ()
        self._running: list[Turn] = []
        self._changed = threading.Condition()

    def take(self) -> Turn | None:
        """Return the next turn as soon as there is one that disturbs nobody; None when nothing waits any more."""
        with self._changed:
            while self._places:
                for place in self._places:
                    turn = self._turn(place)
                    if turn is not None:
                        self._places.remove(place)
                        self._running.append(turn)
                        return turn
                self._changed.wait()
            return None

    def give_back(self, turn: Turn) -> None:
        """Say that a check has ended."""
        with self._changed:
            self._running.remove(turn)
            self._changed.notify_all()

    def close(self) -> None:
        """Let nothing else begin."""
        with self._changed:
            self._places.clear()
            self._changed.notify_all()

    def _turn(self, place: int) -> Turn | None:
        """Return the turn of a check if it may begin now."""
        check = self._checks[place]
        if any(turn.check.alone or check.alone or turn.check.needs & check.needs for turn in self._running):
            return None
        if not check.in_lane:
            return Turn(check, None)
        taken = {turn.lane for turn in self._running}
        free = [number for number in self._lanes if number not in taken]
        return Turn(check, free[0]) if free else None


def _length(checks: Sequence[Check], place: int) -> float:
    """Return how many minutes a check takes together with all that must run before or after it, never beside it."""
    needs = checks[place].needs
    return sum(check.minutes or _USUAL for other, check in enumerate(checks) if other == place or check.needs & needs)
