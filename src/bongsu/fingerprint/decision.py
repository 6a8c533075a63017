"""Which hosts have nothing to do: their fingerprint is the one recorded, and all they converged is as it was. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
_NAMED = 5  # hosts in one line
# The parts of a fingerprint, in the words in which a change of one is told.
SECTIONS = {
    "code": "the project's code",
    "versions": "the version of Ansible or of what it needs",
    "settings": "Ansible's settings",
    "groups": "the inventory's hosts or groups",
    "files": "a file in the inventory's directory",
    "variables": "the inventory's variables",
    "facts": "a fact that a template reads",
}

Answer = Mapping[str, Any]


@dataclass
class Decision:
    """Where each host stands: `converged`, `pending` in the order of the inventory, or `silent` (it did not answer).

    ``ailing`` are those of `pending` that something is wrong with, or that bear nothing yet; ``why`` tells why a host
    is pending.
    """

    converged: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    ailing: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def decide(
    hosts: Sequence[str], answers: Mapping[str, Answer], sections: Mapping[str, str], never: str = ""
) -> Decision:
    """Judge every host of a run by the answers of all; ``never`` is why no host may be passed over, if so."""
    decision = Decision()
    for host in hosts:
        answer = answers.get(host)
        if answer is None:
            decision.silent.append(host)
            continue
        why = never or next(_reasons(host, answers, sections), "")
        if not why:
            decision.converged.append(host)
            continue
        decision.pending.append(host)
        decision.why[host] = why
        if not answer["components"] or answer["drift"] or answer["unfinished"]:
            decision.ailing.append(host)
    return decision


def _reasons(host: str, answers: Mapping[str, Answer], sections: Mapping[str, str]) -> Iterator[str]:
    answer = answers[host]
    record = answer["record"]
    if answer["trouble"] or not record:
        yield answer["trouble"] or "no complete run is recorded on it"
        return
    if record.get("format") != FORMAT or record.get("host") != host:
        yield "what is recorded on it is of another host, or was written by another version"
        return
    changed = [told for name, told in SECTIONS.items() if record["sections"].get(name) != sections.get(name)]
    if changed:
        yield f"changed since: {', '.join(changed)}"
    if record["identity"] != answer["identity"]:
        yield "changed since: the host's Debian release, its kernel or its name"
    if answer["expired"]:
        yield "it is time to renew something, such as its certificate"
    if not answer["controls"]:
        yield "it was not asked what is in effect on it"
    if answer["ineffective"]:
        yield f"not in effect on it: {', '.join(answer['ineffective'])}"
    yield from (f"{path} is not as it was left" for path in answer["changed_files"])
    for target, components in sorted(record["components"].items()):
        yield from _of_target(host, target, components, answers.get(target))


def _of_target(host: str, target: str, components: Mapping[str, str | None], answer: Answer | None) -> Iterator[str]:
    if answer is None:
        yield f"it has components on {target}, which was not asked or did not answer"
        return
    place = "" if target == host else f" on {target}"
    for name, digest in sorted(components.items()):
        if name in answer["unfinished"]:
            yield f"an interrupted change of {name}{place} is to be undone"
        elif name in answer["drift"]:
            yield f"{name}{place} has drifted: {answer['drift'][name]}"
        elif answer["components"].get(name) != digest:
            yield f"{name}{place} is no longer as this host left it"


def troubled(trouble: str) -> dict[str, Any]:
    """Return the answer of a host that could not look at itself."""
    nothing: dict[str, Any] = {"record": {}, "components": {}, "drift": {}, "unfinished": [], "changed_files": []}
    nothing |= {"down": [], "ineffective": [], "controls": False}
    return {**nothing, "trouble": trouble, "identity": "", "expired": False}


def tell(decision: Decision) -> list[str]:
    """Say in a few lines how many hosts have nothing to do, and why the others have: hosts of one reason together."""
    answered = len(decision.converged) + len(decision.pending)
    lines = [f"{len(decision.converged)} of {answered} hosts are as the last complete run left them"]
    by_reason: dict[str, list[str]] = {}
    for host, why in decision.why.items():
        by_reason.setdefault(why, []).append(host)
    return lines + [f"{_names(hosts)}: {why}" for why, hosts in by_reason.items()]


def _names(hosts: Sequence[str]) -> str:
    """Name a few hosts, and count the others."""
    if len(hosts) <= _NAMED + 1:
        return ", ".join(hosts)
    return f"{', '.join(hosts[:_NAMED])} and {len(hosts) - _NAMED} others"


def unfit(start: Mapping[str, Any] | None, end: Mapping[str, Any] | None) -> list[str]:
    """Tell why a run cannot be written down, by the fingerprints taken before and after it; empty when it can."""
    if start is None or end is None:
        return ["it was only a part of the run"]
    if start["unknowable"]:
        return list(start["unknowable"])
    if start["stale"] or (start["sections"], start["stamp"]) != (end["sections"], end["stamp"]):
        return ["the project or the inventory was changed while the run was under way"]
    return []


def record(
    host: str, sections: Mapping[str, str], components: Mapping[str, Mapping[str, str | None]]
) -> dict[str, Any]:
    """Return what to write down on a host at the end of a run, but for what only the host knows."""
    return {
        "format": FORMAT,
        "host": host,
        "sections": dict(sections),
        "components": {target: dict(sorted(found.items())) for target, found in sorted(components.items())},
    }
