"""`bongsu decommission`: make the monitors forget a host, dead or alive, and give its name no certificate any more."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from bongsu.commands import _inventory, _playbook, verb
from bongsu.errors import BadInput

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_EXAMPLES = """\
example:
  bongsu decommission -i servers web7   web7 may be dead already; take it out of the inventory afterwards

The name goes onto the inventory's deny list first (host_certificate_denied): until its entry is taken out, no host
of that name gets a certificate. The one that it has stays valid until it expires; what a monitor's opens is closed
by `bongsu ca`.
"""
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    summary = "make the monitors forget a host, dead or alive"
    parser = verb(verbs, "decommission", run, summary, epilog=_EXAMPLES)
    parser.add_argument("host", metavar="HOST", help="the host's name, in the inventory or no longer there")
    _playbook.add_options(parser, limit=False)
    _playbook.add_change_options(parser)


def run(args: argparse.Namespace) -> int:
    """Deny the name, run decommission.yml, and say what remains to be done by a person."""
    from bongsu import denylist

    sources = _inventory.chosen(args)
    vault = _inventory.vault_password_file(args, sources)
    if not _HOST.fullmatch(args.host):
        raise BadInput(f"{args.host}: not a host name; give one as the inventory has it")
    # Denied and still in the inventory: so an earlier run for the same host leaves it.
    wrong = _inventory.problems(sources, vault, denied_host=args.host)
    if wrong:
        _playbook.report_problems(args, wrong)
        return 2
    groups = denylist.groups(sources, vault)
    if args.host in groups:
        raise BadInput(f"{args.host} is a group; name one host")
    monitors = groups.get("monitors", set())
    if monitors == {args.host}:
        raise BadInput(f"{args.host} is the only monitor, nothing would watch; provision another one first")
    denied = None if args.check else denylist.deny(sources, vault, args.host)
    result = _playbook.run_shown(
        "decommission.yml",
        sources,
        json_only=args.json,
        check=args.check,
        diff=args.diff,
        extra_vars={"host": args.host},
        vault_password_file=vault,
        verbosity=args.verbose,
    )
    if args.json:
        document = {"command": args.word, **result.document(), "denied": None if denied is None else str(denied)}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    elif not args.check:
        sys.stdout.write(_remaining(args.host, denied, done=result.status == "ok", was_monitor=args.host in monitors))
    return result.exit_status


def _remaining(host: str, denied: Path | None, *, done: bool, was_monitor: bool) -> str:
    told = f"{host} gets no certificate any more" + (f": its name is in {denied}\n" if denied else "\n")
    if not done:
        return f"{told}next: repair what failed, and run this again\n"
    told += f"next: take {host} out of the inventory, and keep the changed files as you keep the rest of it\n"
    if was_monitor:
        told += f"{host} was a monitor: its certificate opens every host until it expires; "
        told += "`bongsu ca renew` begins to end that sooner\n"
    return told
