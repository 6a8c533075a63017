"""`bongsu audit`: what scanners that are not ours find on each host, and how its scores move."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from bongsu.commands import _playbook, verb

if TYPE_CHECKING:
    import argparse

    from bongsu.events import Event

_EXAMPLES = """\
examples:
  bongsu audit -i servers                Lynis, OpenSCAP (CIS level 1 server) and ssh-audit, on every host
  bongsu audit -i servers --limit web7 --findings
  bongsu audit -i servers --json         {..., audits: [{host, at, scanners: {...}}], fallen: [...]}

The scanners come to the host for as long as it takes. Each audit is kept below ~/.local/state/bongsu/evidence/audit:
keep that directory between runs in CI, or every audit is the first. ssh-audit connects to each host from here without
logging in; hosts with a recent OpenSSH shut this machine out for half a minute after it.

exit status: 0 done, 1 a score is lower than at the audit before or some host failed, 2 bad input
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "audit", run, "have scanners look for weak spots, and keep the scores", epilog=_EXAMPLES)
    _playbook.add_options(parser)
    parser.add_argument("--findings", action="store_true", help="list every finding, with what answers or explains it")


def run(args: argparse.Namespace) -> int:
    """Run audit.yml; show what was found of all hosts as one table."""
    from bongsu.audit import report

    kept: dict[str, Any] = {}
    files: dict[str, str] = {}

    def hear(event: Event) -> None:
        if event.kind == "ok" and "evidence" in event.result:
            kept[event.host] = event.result["audit"]
            files[event.host] = event.result["evidence"]

    result = _playbook.checked_and_run(args, "audit.yml", hear=hear)
    if result is None:
        return 2
    audits = [kept[host] for host in sorted(kept)]
    fallen = [{"host": host, "scanner": scanner} for host, scanner in report.fallen(audits)]
    fell = result.status == "ok" and bool(fallen)
    status = 1 if fell else result.exit_status
    if args.json:
        ending = {"status": "fallen" if fell else result.status, "exit_status": status}
        told = {**ending, "audits": audits, "fallen": fallen, "evidence": files}
        sys.stdout.write(json.dumps({"command": args.word, **result.document(), **told}, indent=2) + "\n")
        return status
    lines = [*report.table(audits), *(report.details(audits) if args.findings else [])]
    sys.stdout.write("\n" + "\n".join([*lines, *report.conclusion(audits, files)]) + "\n")
    return status
