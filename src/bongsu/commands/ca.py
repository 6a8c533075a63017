"""`bongsu ca`: another certificate authority, without a moment in which hosts and monitors distrust each other."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bongsu.commands import _inventory, _playbook, verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from bongsu.authority import Authority
    from bongsu.events import RunResult

_EXAMPLES = """\
What the old authority signed, the certificate of a monitor that is gone or was broken into among it, is refused
everywhere after these four commands; the hosts are watched all the while:
  bongsu ca renew -i servers     a new authority; the old one stays trusted
  bongsu provision -i servers    every host trusts both, then has a certificate of the new one
  bongsu ca retire -i servers    the old one goes; refused while a host still needs it
  bongsu provision -i servers    no host trusts it any more

The files that change are the inventory's; keep them as you keep the rest of it.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "ca", run, "renew the certificate authority, retire the old one", epilog=_EXAMPLES)
    parser.add_argument("what", choices=("renew", "retire"), metavar="renew|retire")
    _playbook.add_options(parser, limit=False)


def run(args: argparse.Namespace) -> int:
    """Renew or retire."""
    from bongsu.authority import Authority

    sources = _inventory.chosen(args)
    vault = _inventory.vault_password_file(args, sources)
    authority = Authority(sources, vault)
    if args.what == "renew":
        return _renew(args, authority)
    if not authority.retired:
        return _tell(args, "no authority is retired; nothing to do")
    wrong = _inventory.problems(sources, vault)
    if wrong:
        _playbook.report_problems(args, wrong)
        return 2
    options = {"vault_password_file": vault, "verbosity": args.verbose}
    result = _playbook.run_shown("authority.yml", sources, json_only=args.json, **options)
    if result.status != "ok":
        return _tell(args, "the old authority stays: not every host is known to do without it", result=result)
    file = authority.retire()
    done = "the old authority is out of the inventory; provision all hosts, and they refuse what it signed"
    return _tell(args, done, [file], result)


def _renew(args: argparse.Namespace, authority: Authority) -> int:
    if authority.finished:
        return _tell(args, "the renewal that had been interrupted is complete now; provision all hosts")
    end = authority.certificate.not_valid_after_utc
    files = authority.renew()
    done = f"there is a new authority, and the old one (until {end:%Y-%m-%d}) stays trusted; provision all hosts, "
    return _tell(args, done + "then `bongsu ca retire`", files)


def _tell(args: argparse.Namespace, message: str, files: Sequence[Path] = (), result: RunResult | None = None) -> int:
    """Say what was done, as lines or as the one JSON document; return the exit status."""
    changed = [str(file) for file in files]
    if args.json:
        run = result.document() if result else {"status": "ok", "exit_status": 0}
        sys.stdout.write(json.dumps({"command": "ca", **run, "message": message, "files": changed}, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"changed {file}\n" for file in changed) + f"{message}\n")
    return result.exit_status if result else 0
