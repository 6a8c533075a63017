"""Who is left to converge, in which order, and who must not be touched now: for site.yml's plays.

    hosts: "{{ groups | unconverged('monitors', hostvars | default({})) }}"

Names, not a pattern with a group that the fast path makes: Ansible warns of a pattern whose group does not exist, and
a group that exists would be in every template's sight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

NOBODY = ["all", "!all"]  # a play's hosts must not be empty


def unconverged(
    groups: Mapping[str, Sequence[str]],
    group: str,
    hostvars: Mapping[str, Mapping[str, Any]],
    but: Sequence[str] = (),
) -> list[str]:
    """List a group's hosts that answered and have something to do, without those of the groups in ``but``.

    First come those that something is wrong with: a redundant set is repaired before its other half is touched.
    Without a decision (a run by tags) all hosts are listed.
    """
    others = {host for name in but for host in groups.get(name, ())}
    members = [host for host in groups.get(group, ()) if host not in others]
    decision = next(filter(None, (_decision(hostvars, host) for host in groups.get("all", ()))), None)
    if decision is not None:
        pending, ailing = set(decision["pending"]), set(decision["ailing"])
        members = [host for host in members if host in ailing] + [host for host in members if host in pending - ailing]
    return members or NOBODY


def without(
    groups: Mapping[str, Sequence[str]], component: str, hostvars: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """List the hosts of `unconverged` that say themselves that a component was never placed on them."""
    states = {host: hostvars.get(host, {}).get("bongsu_host_state", {}).get("state") for host in groups.get("all", ())}
    pending = set(unconverged(groups, "all", hostvars))
    new = [
        host
        for host, state in states.items()
        if host in pending and state is not None and not state["trouble"]  # of its components, that one knows none
        if component not in {*state["components"], *state["drift"]}
    ]
    return new or NOBODY


def retiring(groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List all hosts while an authority is retired and a host is left to converge, else nobody.

    All, because those that were passed over are known to trust the present authority, as the others must.
    """
    busy = unconverged(groups, "all", hostvars) != NOBODY
    retired = any(hostvars.get(host, {}).get("host_certificate_ca_retired") for host in groups.get("all", ()))
    return ["all"] if busy and retired else NOBODY


def unwell(reports: Sequence[Mapping[str, Any]], loop_var: str) -> dict[str, str]:
    """Say of each peer that is not well what is wrong with it, by what a loop of ``host_state`` over peers registered.

    One that nothing was ever placed on is not waited for: it is converged in its own turn.
    """
    said = {str(report[loop_var]): _complaint(report) for report in reports}
    return {peer: f"{peer} {complaint}" for peer, complaint in said.items() if complaint}


def bears(report: Mapping[str, Any]) -> bool:
    """Say whether there is something to lose: whether a host bears anything and is well, by its ``host_state``."""
    return not _complaint(report) and bool(report["state"]["components"] or report["state"]["drift"])


def _complaint(report: Mapping[str, Any]) -> str:
    """Say why a host is not at work, by its report of ``host_state``; empty when it is.

    One that works with a file that somebody has changed is at work: it can stand in, and has something to lose.
    """
    if report.get("unreachable"):
        return "cannot be reached"
    state = report.get("state")
    if state is None:
        return f"cannot tell how it is: {report.get('msg') or 'it was not asked'}"
    if state["trouble"]:
        return f"cannot tell how it is: {state['trouble']}"
    down = [f"{unit} does not run" for unit in state["down"]]
    unfinished = [f"an interrupted change of {name} is to be undone" for name in state["unfinished"]]
    return "is not at work: " + ", ".join(down + unfinished) if down or unfinished else ""


def _decision(hostvars: Mapping[str, Mapping[str, Any]], host: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = hostvars.get(host, {}).get("bongsu_fast_path", {}).get("decision")
    return found


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {
            "unconverged": unconverged,
            "without": without,
            "retiring": retiring,
            "unwell": unwell,
            "bears": bears,
        }
