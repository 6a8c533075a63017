"""`bongsu test`: run the repository's tests, cheapest first."""

from __future__ import annotations

import os
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING

from bongsu.commands import verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bongsu.testing.checks import Outcome

_EXAMPLES = """\
examples:
  bongsu test --quick                              what needs no container, under a minute
  bongsu test --only lint
  bongsu test --only molecule --role node_exporter
  bongsu test                                      all but machines; needs root
  bongsu test --only machines --record             before a release: virtual machines, and the result kept

stages: lint unit templates contract promtool runs molecule lab, and machines, which runs only when named
The last line is `N passed, N failed`.
"""
_NAMES = ("lint", "unit", "templates", "contract", "promtool", "runs", "molecule", "lab", "machines")


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "test", run, "run the repository's own tests", epilog=_EXAMPLES)
    parser.add_argument("--quick", action="store_true", help="only the stages without containers")
    parser.add_argument("--only", metavar="STAGE", choices=_NAMES, action="append", help="only this stage")
    parser.add_argument("--role", metavar="NAME", help="only this role's molecule scenario, or virtual machine")
    parser.add_argument("--record", action="store_true", help="append what came of `machines` to its results.jsonl")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the output of what passes, too")


def run(args: argparse.Namespace) -> int:
    """Run the stages asked for; 0 when nothing failed."""
    from bongsu import paths
    from bongsu.testing import checks, record, stages, tools

    chosen = stages.chosen(args.only, role=args.role, quick=args.quick)
    if args.record:
        record.refuse_part([stage.name for stage in chosen], args.role)
    tools.ensure_dev_lock()
    binaries = tools.ensure()
    for install in {stage.install for stage in chosen if stage.install}:
        install(lambda subject, message: _print(f"{subject}: {message}"))
    root = paths.project_root()
    plan = [(stage, stage.checks(root, binaries, args.role)) for stage in chosen]
    # Checks of all stages run side by side; outcomes still come in order.
    quick = checks.run_all([one for stage, todo in plan if stage.quick for one in todo], side_by_side=_cores())
    # The others wait much, for hosts and for deadlines: one more than there are cores keeps those busy.
    slow = checks.run_all(
        [one for stage, todo in plan if not stage.quick for one in todo],
        side_by_side=_cores() + 1,
        begun=lambda check: _print(f"begun            {check.name}"),  # a sign of life: outcomes may take a while
    )
    passed = failed = 0
    for stage, todo in plan:
        began = time.monotonic()
        _print(f"== {stage.name}: {stage.about}")
        outcomes = list(_reported(islice(quick if stage.quick else slow, len(todo)), verbose=args.verbose))
        passed += sum(outcome.passed for outcome in outcomes)
        failed += sum(outcome.failed for outcome in outcomes)
        busy = sum(outcome.seconds for outcome in outcomes)
        _print(f"-- {stage.name}: {busy:.1f} s of work, {time.monotonic() - began:.1f} s waited")
        if args.record and stage.name == record.STAGE:
            record.keep(outcomes)
    _print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _reported(outcomes: Iterator[Outcome], *, verbose: bool) -> Iterator[Outcome]:
    """Print a line for each outcome as it comes, and all its output when it failed."""
    for outcome in outcomes:
        state = "ok" if not outcome.failed else "FAILED"
        count = f"  {outcome.passed} passed, {outcome.failed} failed" if outcome.check.counted else ""
        _print(f"{state:<6} {outcome.seconds:6.1f} s  {outcome.check.name}{count}")
        if outcome.failed or verbose:
            _print(outcome.output.rstrip())
        yield outcome


def _cores() -> int:
    """Return how many checks can run side by side."""
    return os.cpu_count() or 1


def _print(line: str) -> None:
    """Print at once: a reader of a pipe sees where the tests are."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
