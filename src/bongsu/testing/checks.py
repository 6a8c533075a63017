"""One check: a command whose status judges, and how its tests are counted."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from bongsu.testing import lanes
from bongsu.testing.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_NOTHING_COLLECTED = 5  # pytest's status for a directory without tests


@dataclass(frozen=True)
class Check:
    """A command to run from `cwd`; one that is pytest is counted by its tests, any other counts as one."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    counted: bool = False  # pytest: its tests are counted from its report
    needs: frozenset[str] = frozenset()  # what there is one of, as a lab: checks that need the same never run at once
    in_lane: bool = False  # it works in whichever lane of molecule's is free
    alone: str = ""  # why nothing may run beside it
    minutes: float = 0.0  # about how long it takes on two cores; the longest begin first


@dataclass(frozen=True)
class Outcome:
    """What came of a check; `output` is all that it printed."""

    check: Check
    passed: int
    failed: int
    seconds: float
    output: str


def run(check: Check, lane: int | None = None) -> Outcome:
    """Run a check to its end, in a lane if it works in one."""
    began = time.monotonic()
    own = {} if lane is None else {lanes.VARIABLE: str(lane)}
    with tempfile.TemporaryDirectory(prefix="bongsu-test-") as directory:
        report = Path(directory) / "report.xml"
        argv = [*check.argv, f"--junit-xml={report}"] if check.counted else list(check.argv)
        try:
            done = subprocess.run(
                argv,
                cwd=check.cwd,
                env={**os.environ, **check.env, **own},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except FileNotFoundError:
            return Outcome(check, 0, 1, 0.0, f"{argv[0]}: not found")
        seconds = time.monotonic() - began
        passed, failed = _count(report) if check.counted else (1, 0) if done.returncode == 0 else (0, 1)
        if check.counted and done.returncode not in (0, _NOTHING_COLLECTED):
            failed = max(failed, 1)
        return Outcome(check, passed, failed, seconds, done.stdout)


def run_all(
    checks: Sequence[Check], *, side_by_side: int = 1, begun: Callable[[Check], None] = lambda _check: None
) -> Iterator[Outcome]:
    """Run checks, some side by side where they do not disturb each other; give each outcome as soon as it is there.

    `begun` is told of each check as it begins, from any thread.
    """
    waiting = Waiting(checks, side_by_side=side_by_side)
    ended: SimpleQueue[Outcome | BaseException] = SimpleQueue()

    def work() -> None:
        while (turn := waiting.take()) is not None:
            try:
                begun(turn.check)
                ended.put(run(turn.check, turn.lane))
            except BaseException as error:  # whoever waits for the outcome gets it
                ended.put(error)
            finally:
                waiting.give_back(turn)

    pool = ThreadPoolExecutor(side_by_side)
    try:
        for _ in range(side_by_side):
            pool.submit(work)
        for _ in checks:
            outcome = ended.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        waiting.close()  # Ctrl-C ends what runs, and nothing else begins
        pool.shutdown()


def _count(report: Path) -> tuple[int, int]:
    """Return how many tests of a JUnit report passed and failed; skipped ones are neither."""
    if not report.is_file():
        return 0, 0
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - our own pytest wrote it
    counts = [{key: int(suite.get(key) or 0) for key in ("tests", "errors", "failures", "skipped")} for suite in suites]
    failed = sum(count["errors"] + count["failures"] for count in counts)
    return sum(count["tests"] - count["skipped"] for count in counts) - failed, failed
