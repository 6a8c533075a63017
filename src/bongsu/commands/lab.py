"""`bongsu lab`: declared here for the list of verbs; its own options are the lab's, loaded only when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu.commands import verb

if TYPE_CHECKING:
    import argparse


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb; `bongsu.cli.main` hands its words to the lab before they get here."""
    verb(verbs, "lab", run, "start and stop hosts to try things on: up, down, status, ssh HOST")


def run(_args: argparse.Namespace) -> int:
    """Show the lab's own help."""
    from bongsu.lab import command

    return command.main(["--help"])
