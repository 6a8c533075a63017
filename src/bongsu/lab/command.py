"""`bongsu lab up|down|status|ssh`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu.errors import BongsuError
from bongsu.lab import machine
from bongsu.lab.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bongsu.lab.lab import HostStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the lab's verbs to a parser."""
    parser.add_argument(
        "--inventory", type=Path, metavar="DIR", help="the lab's inventory (the project's inventory/lab)"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("up", help="start the hosts, or what is missing of them")
    down = verbs.add_parser("down", help="remove hosts, network and keys; the images stay")
    down.add_argument("--purge", action="store_true", help="remove the images, too")
    verbs.add_parser("status", help="show every host")
    ssh = verbs.add_parser("ssh", help="open a shell on a host, or run a command there")
    ssh.add_argument("host", metavar="HOST")
    ssh.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add `lab` to the bongsu command; `run` carries it out."""
    text = "hosts to try things on: systemd containers, reached by SSH as real servers are"
    parser: argparse.ArgumentParser = subparsers.add_parser("lab", help=text, description=text)
    add_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry out one verb; returns the exit status."""
    machine.require_root()
    lab = Lab.load(args.inventory)
    if args.verb == "up":
        started = time.monotonic()
        lab.up(plain_progress(started))
        _say(f"{len(lab.spec.hosts)} hosts are up after {time.monotonic() - started:.1f} s; look at one with:")
        _say(f"  bongsu lab ssh {lab.spec.hosts[0].name}")
    elif args.verb == "down":
        lab.down(purge=args.purge)
        _say(f"The lab '{lab.name}' is gone{', with its images' if args.purge else ''}.")
    elif args.verb == "status":
        show(lab.status())
    else:
        sys.stdout.flush()
        argv = lab.ssh_argv(args.host, *args.command)
        os.execvpe(argv[0], argv, machine.environment())  # noqa: S606 - an argument list, and no shell
    return 0


def plain_progress(started: float) -> Callable[[str, str], None]:
    """Return a progress callable that prints one line an event."""

    def progress(subject: str, message: str) -> None:
        _say(f"{time.monotonic() - started:6.1f} s  {subject:<12} {message}")

    return progress


def show(statuses: Sequence[HostStatus]) -> None:
    """Print a table of hosts: with colours and lines on a terminal, plain otherwise."""
    titles = ("host", "debian", "address", "container", "system")
    rows = [(one.name, one.release, one.address, one.state, one.system or "-") for one in statuses]
    if not sys.stdout.isatty():
        for row in (titles, *rows):
            _say("  ".join(f"{cell:<12}" for cell in row).rstrip())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*titles)
    colours = {"running": "green", "degraded": "yellow", "stopped": "yellow", "absent": "red"}
    for row in rows:
        table.add_row(*(f"[{colours[cell]}]{cell}[/]" if cell in colours else cell for cell in row))
    Console().print(table)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab's command by itself, as `python -m bongsu.lab`."""
    parser = argparse.ArgumentParser(prog="bongsu lab")
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except BongsuError as error:
        sys.stderr.write(f"bongsu lab: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _say(line: str) -> None:
    """Print at once: a reader of a pipe sees how far the lab is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
