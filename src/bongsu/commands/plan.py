"""`bongsu plan`: what would change on which host, and what that may break there, before anything is touched."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bongsu.commands import _playbook, verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from bongsu.events import Event

_EXAMPLES = """\
examples:
  bongsu plan -i servers                what would change, and what that may break, host by host
  bongsu plan -i servers --limit web7
  bongsu plan -i servers --json         {..., changes: [{host, component, actions}],
                                         breaks: [{host, sentence}], controls: [{control, hosts, breaks}]}

Nothing is changed. `bongsu provision --check --diff` shows the very lines of each file.

exit status: 0 told, 1 some host failed or asks something first, 2 bad input (no host was contacted)
"""
_MOST_NAMED = 3  # of one kind of action in one component


@dataclass
class Plan:
    """What the hosts said they would do: in order of the run, then of the host."""

    changes: list[dict[str, Any]] = field(default_factory=list)  # {host, component, actions}
    breaks: list[dict[str, str]] = field(default_factory=list)  # {host, sentence}: found on that very host
    controls: dict[str, list[str]] = field(default_factory=dict)  # control that would come into effect -> its hosts

    def hear(self, event: Event) -> None:
        """Take in what a task of a run in check mode has said, whether or not it failed."""
        if not event.host or event.kind not in ("ok", "failed"):
            return
        for report in event.result.get("results") or [event.result]:
            self._take(event.host, event.task, report)

    def _take(self, host: str, task: str, report: Mapping[str, Any]) -> None:
        self.breaks += [{"host": host, "sentence": str(sentence)} for sentence in report.get("may_break", ())]
        several = report.get("components")
        for one in several if isinstance(several, list) else [report]:
            if not isinstance(one, dict) or "actions" not in one:
                continue
            owner, name = str(one.get("owner") or host), str(one.get("component") or one.get("name") or task)
            if one["actions"]:
                self.changes.append({"host": owner, "component": name, "actions": list(one["actions"])})
            for control in one.get("controls", ()):
                self.controls.setdefault(control, []).append(owner)


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "plan", run, "tell what would change, and what that may break", epilog=_EXAMPLES)
    _playbook.add_options(parser)
    parser.set_defaults(check=True)


def run(args: argparse.Namespace) -> int:
    """Run site.yml in check mode over every host in full; show what it told."""
    plan = Plan()
    result = _playbook.checked_and_run(args, "site.yml", hear=plan.hear, extra_vars={"bongsu_full": True})
    if result is None:
        return 2
    controls = explained(plan)
    if args.json:
        told = {"changes": plan.changes, "breaks": plan.breaks, "controls": controls}
        sys.stdout.write(json.dumps({"command": args.word, **result.document(), **told}, indent=2) + "\n")
    else:
        sys.stdout.write("\n" + "\n".join(lines(plan, controls, done=result.exit_status == 0)) + "\n")
    return result.exit_status


def explained(plan: Plan) -> list[dict[str, Any]]:
    """Return what each control that would come into effect may break: {control, hosts, breaks}."""
    from bongsu.controls import tables
    from bongsu.paths import project_root

    known = {control["id"]: control["breaks"] for table in tables(project_root()).values() for control in table}
    return [
        {"control": control, "hosts": sorted(set(hosts)), "breaks": known[control]}
        for control, hosts in sorted(plan.controls.items())
        if control in known
    ]


def lines(plan: Plan, controls: list[dict[str, Any]], *, done: bool) -> Iterator[str]:
    """Yield the plan as a person reads it: what would change, what controls may break, what is known to break.

    It is ``done`` where every host has told all of it.
    """
    if plan.changes:
        yield "Would change:"
    elif done and not plan.breaks:
        yield "Nothing would change."
    for host in dict.fromkeys(change["host"] for change in plan.changes):
        yield f"  {host}"
        for change in plan.changes:
            if change["host"] == host:
                yield f"    {change['component']}: {summed(change['actions'])}"
    felt = [told for told in controls if not told["breaks"].startswith("Nothing")]
    if felt:
        yield "\nWould come into effect, and may break:"
        for told in felt:
            yield f"  {told['control']} ({', '.join(told['hosts'])}): {told['breaks']}"
    if plan.breaks:
        yield "\nLook at this first:"
        yield from (f"  {found['host']}: {found['sentence']}" for found in plan.breaks)


def summed(actions: list[str]) -> str:
    """Return a component's actions as one line: what is many of a kind is counted, reasons are left out."""
    kinds: dict[str, list[str]] = {}
    for action in actions:
        did, _, what = action.partition(" ")
        kinds.setdefault(did, []).append(what.partition(": ")[0])
    return "; ".join(
        f"{did} {len(what)}: {what[0]} and more" if len(what) > _MOST_NAMED else f"{did} {', '.join(what)}"
        for did, what in kinds.items()
    )
