"""`bongsu drift`: compare every host with what was placed on it, changing nothing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from bongsu.commands import _playbook, verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from bongsu.events import Event

_EXAMPLES = """\
examples:
  bongsu drift -i servers                what is no longer as `bongsu provision` left it
  bongsu drift -i servers --limit web7
  bongsu drift -i servers --json         {..., findings: [{host, component, resource, what, detail}]}

exit status: 0 all is as placed, 1 something drifted or some host failed, 2 bad input (nothing was touched)
"""
_COLUMNS = ("host", "component", "resource", "what", "detail")


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "drift", run, "compare every host with what was placed on it", epilog=_EXAMPLES)
    _playbook.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run drift.yml; show what each host's module found as one table."""
    hosts: dict[str, Mapping[str, Any]] = {}

    def hear(event: Event) -> None:
        if event.kind == "ok" and "findings" in event.result:
            hosts[event.host] = event.result

    result = _playbook.checked_and_run(args, "drift.yml", hear=hear)
    if result is None:
        return 2
    findings = [{"host": host, **finding} for host, report in sorted(hosts.items()) for finding in report["findings"]]
    drifted = result.status == "ok" and bool(findings)
    status = 1 if drifted else result.exit_status
    if args.json:
        told = {"status": "drifted" if drifted else result.status, "exit_status": status, "findings": findings}
        sys.stdout.write(json.dumps({"command": args.word, **result.document(), **told}, indent=2) + "\n")
    else:
        sys.stdout.write("\n" + "\n".join([*table(findings), conclusion(hosts, findings)]) + "\n")
    return status


def table(findings: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the findings as lines in columns, a headline above; nothing when there are none."""
    rows = [[finding[column] for column in _COLUMNS] for finding in findings]
    if not rows:
        return []
    rows.insert(0, list(_COLUMNS))
    widths = [max(len(row[number]) for row in rows) for number in range(len(_COLUMNS))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def conclusion(hosts: Mapping[str, Mapping[str, Any]], findings: list[dict[str, str]]) -> str:
    """Return one sentence that sums up, and says what to do."""
    bare = sorted(host for host, report in hosts.items() if not report["components"])
    nothing = f"; nothing is placed on {', '.join(bare)}" if bare else ""
    drifted = {finding["host"] for finding in findings}
    if drifted:
        count = _count(len(findings), "finding")
        return f"{count} on {_count(len(drifted), 'host')}; 'bongsu provision' puts it right{nothing}"
    components = sum(len(report["components"]) for report in hosts.values())
    return f"{_count(components, 'component')} on {_count(len(hosts) - len(bare), 'host')}, all as placed{nothing}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
