"""Running a playbook for a verb: inventory check, display, result, exit status."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from bongsu.commands import _inventory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bongsu.events import Event, RunResult


def add_options(parser: argparse.ArgumentParser, *, limit: bool = True) -> None:
    """Declare the options that every playbook verb takes; `limit` unless the verb names its hosts itself."""
    _inventory.add_options(parser)
    if limit:
        parser.add_argument("--limit", metavar="PATTERN", help="only these hosts, as ansible-playbook's --limit")
    else:
        parser.set_defaults(limit=None)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="more in the artifacts' output")


def add_change_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a verb that changes hosts."""
    parser.add_argument("--check", action="store_true", help="change nothing, say what would change")
    parser.add_argument("--diff", action="store_true", help="show changed lines; secrets stay masked")


def run(args: argparse.Namespace, playbook: str, extra_vars: Mapping[str, Any] | None = None) -> int:
    """Check the inventory, then run the playbook over it; return the exit status."""
    result = checked_and_run(args, playbook, extra_vars=extra_vars)
    if result is None:
        return 2
    if args.json:
        sys.stdout.write(json.dumps({"command": args.word, **result.document()}, indent=2) + "\n")
    return result.exit_status


def checked_and_run(args: argparse.Namespace, playbook: str, **options: Any) -> RunResult | None:
    """Check the inventory, then run the playbook over it; None, with the reason told, when the inventory is bad.

    Options are those of `run_shown`, over those that the command line gave.
    """
    sources = _inventory.chosen(args)
    vault = _inventory.vault_password_file(args, sources)
    wrong = _inventory.problems(sources, vault)
    if wrong:
        report_problems(args, wrong)
        return None
    return run_shown(
        playbook,
        sources,
        json_only=args.json,
        limit=args.limit,
        check=getattr(args, "check", False),
        diff=getattr(args, "diff", False),
        vault_password_file=vault,
        verbosity=args.verbose,
        **options,
    )


def run_shown(
    playbook: str,
    sources: list[Path],
    *,
    json_only: bool = False,
    hear: Callable[[Event], None] = lambda _event: None,
    **options: Any,
) -> RunResult:
    """Run a playbook on the display that suits the output; `hear` is told every event as well.

    Other options are those of `runner.run_playbook`.
    """
    from bongsu import progress, runner

    with progress.display(json_only=json_only, diff=bool(options.get("diff"))) as display:

        def take(event: Event) -> None:
            display.event(event)
            hear(event)

        result = runner.run_playbook(playbook, sources, on_event=take, **options)
    display.summary(result)
    return result


def report_problems(args: argparse.Namespace, wrong: list[str]) -> None:
    """Print what is wrong with the inventory, for a reader or as the one JSON document."""
    if args.json:
        document = {"command": args.word, "status": "bad_input", "exit_status": 2, "problems": wrong}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    count = f"{len(wrong)} problem{'s' * (len(wrong) != 1)}"
    sys.stderr.write(f"bongsu: {count} in the inventory; no host was contacted\n")
