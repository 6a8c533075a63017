"""`bongsu verify`: prove that the parts work together, changing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu.commands import _playbook, verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
examples:
  bongsu verify -i servers          every agent scraped by every monitor, every rule loaded, the mesh complete,
                                    a test alert through each receiver, every security control in effect, and each
                                    host's database of files the one that is kept here
  bongsu verify -i servers --json   for a timer or CI
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "verify", run, "prove that the parts work together", epilog=_EXAMPLES)
    _playbook.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run verify.yml."""
    return _playbook.run(args, "verify.yml")
