"""`bongsu bench`: measure one of the bars that the project promises to hold."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bongsu.commands import verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
examples:
  bongsu bench                      the list
  bongsu bench page-latency --json  {name, value, unit, bar, holds, machine, detail}; exit status 0 only when it holds

Benchmarks use the lab of `bongsu lab up`, those of speed one of their own; `demo` takes the first down. What each
means: benchmarks/README.md
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "bench", run, "measure a promised figure, or list them", epilog=_EXAMPLES)
    parser.add_argument("name", nargs="?", metavar="NAME", help="the benchmark; without it, list them all")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument("--record", action="store_true", help="append the result to benchmarks/results.jsonl as well")


def run(args: argparse.Namespace) -> int:
    """List the benchmarks, or measure one: 0 when it holds, else 1."""
    from bongsu import bench
    from bongsu.bench import _machine

    if args.name is None:
        listed = [{"name": b.name, "about": b.about, "unit": b.unit, "bar": b.bar} for b in bench.BENCHMARKS]
        lines = "".join(f"{b.name:<17} {b.bar_text:<13} {b.about}\n" for b in bench.BENCHMARKS)
        sys.stdout.write(json.dumps(listed, indent=2) + "\n" if args.json else lines)
        return 0
    result = bench.by_name(args.name).measure(_say, record=args.record)
    if args.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        verdict = "holds" if result["holds"] else "DOES NOT HOLD"
        line = f"{result['name']}: {result['value']} {result['unit']} (bar {result['bar']}): {verdict}\n"
        sys.stdout.write(f"{line}on {_machine.line(result['machine'])}\n")
        sys.stdout.write(json.dumps(result["detail"], indent=2, ensure_ascii=False) + "\n")
    return 0 if result["holds"] else 1


def _say(message: str) -> None:
    """Tell a person what is being measured; standard output is the result's."""
    sys.stderr.write(f"{message}\n")
