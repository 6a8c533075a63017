"""When a host may be disturbed: at a time of its own, in UTC, so that no two hosts differ over it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Window:
    """``start`` is the time of day at which it opens, on each of ``days`` (0 is Monday), for ``minutes``."""

    start: dt.time
    minutes: int
    days: frozenset[int]

    @classmethod
    def read(cls, start: str, minutes: int, days: Sequence[str]) -> Window:
        """Make a window of HH:MM, minutes and names of days; ValueError where they are none."""
        return cls(
            dt.time.fromisoformat(start).replace(tzinfo=dt.UTC),
            int(minutes),
            frozenset(DAYS.index(day) for day in days),
        )

    def closes(self, now: dt.datetime) -> dt.datetime | None:
        """Return when the window that is open at ``now`` closes; None when it is shut."""
        for day in (now.date(), now.date() - dt.timedelta(days=1)):  # yesterday's may reach past midnight
            opens = self._opens(day)
            if day.weekday() in self.days and opens <= now < opens + self._length:
                return opens + self._length
        return None

    def next_opening(self, now: dt.datetime) -> dt.datetime | None:
        """Return when it opens next after ``now``; None where it never does."""
        coming = (now.date() + dt.timedelta(days=ahead) for ahead in range(8))
        return next((self._opens(day) for day in coming if day.weekday() in self.days and self._opens(day) > now), None)

    @property
    def _length(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)

    def _opens(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, self.start)
