"""`bongsu test`: run the repository's tests, cheapest first."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from bongsu.commands import verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bongsu.testing.checks import Check, Outcome

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
    from bongsu.testing import record, stages, tools

    chosen = stages.chosen(args.only, role=args.role, quick=args.quick)
    if args.record:
        record.refuse_part([stage.name for stage in chosen], args.role)
    tools.ensure_dev_lock()
    binaries = tools.ensure()
    for install in {stage.install for stage in chosen if stage.install}:
        install(lambda subject, message: _print(f"{subject}: {message}"))
    root = paths.project_root()
    plan = [(stage, stage.checks(root, binaries, args.role)) for stage in chosen]
    began = time.monotonic()
    outcomes: list[Outcome] = []
    for quick in (True, False):
        todo = [check for stage, checks in plan if stage.quick == quick for check in checks]
        # The slow ones wait much, for hosts and for deadlines: one more than there are cores keeps those busy.
        outcomes += _told(todo, _cores() if quick else _cores() + 1, begun=not quick, verbose=args.verbose)
    for stage, checks in plan:
        of_stage = [outcome for outcome in outcomes if outcome.check in checks]
        _print(f"-- {_count(of_stage)}, {sum(one.seconds for one in of_stage):.0f} s of work: {stage.name}")
        if args.record and stage.name == record.STAGE:
            record.keep(of_stage)
    _print(f"-- {time.monotonic() - began:.0f} s in all")
    _print(_count(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _told(todo: list[Check], side_by_side: int, *, begun: bool, verbose: bool) -> Iterator[Outcome]:
    """Run checks and print each as it ends: whoever cuts the run off sees what was done, and how long it took."""
    from bongsu.testing.checks import run_all

    sign_of_life = (lambda check: _print(f"begun            {check.name}")) if begun else (lambda _check: None)
    for outcome in run_all(todo, side_by_side=side_by_side, begun=sign_of_life):
        state = "ok" if not outcome.failed else "FAILED"
        count = f"  {_count([outcome])}" if outcome.check.counted else ""
        _print(f"{state:<6} {outcome.seconds:6.1f} s  {outcome.check.name}{count}")
        if outcome.failed or verbose:
            _print(outcome.output.rstrip())
        yield outcome


def _count(outcomes: list[Outcome]) -> str:
    """Return how many tests passed and failed."""
    passed, failed = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("passed", "failed"))
    return f"{passed} passed, {failed} failed"


def _cores() -> int:
    """Return how many checks can run side by side."""
    return os.cpu_count() or 1


def _print(line: str) -> None:
    """Print at once: a reader of a pipe sees where the tests are."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
