"""`bongsu decommission`: make the monitors forget a host, dead or alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu.commands import _playbook, verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
example:
  bongsu decommission -i servers web7   web7 may be dead already; take it out of the inventory afterwards
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    summary = "make the monitors forget a host, dead or alive"
    parser = verb(verbs, "decommission", run, summary, epilog=_EXAMPLES)
    parser.add_argument("host", metavar="HOST", help="the host's name, in the inventory or no longer there")
    _playbook.add_options(parser, limit=False)
    _playbook.add_change_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run decommission.yml."""
    return _playbook.run(args, "decommission.yml", {"host": args.host})
