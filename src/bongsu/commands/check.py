"""`bongsu check`: find mistakes in an inventory without touching a host."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bongsu.commands import _inventory, _playbook, verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
example:
  bongsu check -i servers
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    summary = "find mistakes in an inventory without contacting a host"
    parser = verb(verbs, "check", run, summary, epilog=_EXAMPLES)
    _inventory.add_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def run(args: argparse.Namespace) -> int:
    """Check the inventory and say what is wrong with it."""
    sources = _inventory.chosen(args)
    wrong = _inventory.problems(sources, _inventory.vault_password_file(args, sources))
    if wrong:
        _playbook.report_problems(args, wrong)
        return 2
    if args.json:
        document = {"command": "check", "status": "ok", "exit_status": 0, "problems": []}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.write("the inventory is well-formed\n")
    return 0
