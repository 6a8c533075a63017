"""A digest of everything that decides the state of the inventory's hosts, taken before anything is done to them.

Registration and the monitors' mesh make each host depend on the variables of all, so there is one fingerprint for all
hosts; whose it is, is written beside it. It is kept in sections, so that a change can be told by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bongsu.fingerprint import project, templates, variables
from bongsu.fingerprint.canonical import digest
from bongsu.inventory.words import words

# Facts that the record on a host covers with what it holds of the host's release, kernel, machine and name. Another
# fact that a role reads may change unseen.
_COVERED_FACTS = words(
    "distribution distribution_version distribution_major_version distribution_release os_family system kernel "
    "architecture machine hostname nodename"
)


@dataclass(frozen=True)
class Fingerprint:
    """Digests by section; why it cannot be relied upon, if so; and a stamp of every file that went into it."""

    sections: dict[str, str]
    unknowable: list[str] = field(default_factory=list)
    stamp: str = ""
    stale: bool = False  # a file has changed after the run began, which may have read it as it was before

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def take(inventory: Any, loader: Any, sources: Sequence[str], *, began: float, root: Path | None = None) -> Fingerprint:
    """Take the fingerprint of a loaded inventory (Ansible's InventoryManager) and of what would be done to its hosts.

    ``sources`` are the inventory's files and directories; ``began`` is when the run did, in seconds since the epoch;
    ``root`` is the project's directory, by default this one.
    """
    code = project.code_files(root, project.code_directories())
    kept = project.inventory_files(source for source in sources if "," not in source)
    stamp = {**project.stamp(code), **project.stamp(kept)}
    text = project.templates_text(code)
    known = variables.gather(inventory, loader, project.role_variables(code), code=text)
    facts = templates.facts_in(text) | known.fact_names
    sections = {
        "code": digest(project.content(code)),
        "versions": digest(project.versions()),
        "settings": digest(project.settings()),
        "groups": digest({name: list(hosts) for name, hosts in sorted(inventory.get_groups_dict().items())}),
        "files": digest(project.content(kept)),
        "variables": digest(known.hosts),
        "facts": digest(_used(facts, known.facts)),
    }
    unknowable = known.unknowable + _unseen(facts, known.facts)
    stale = any(changed_at / 1e9 > began for *_, changed_at in stamp.values())
    return Fingerprint(sections, unknowable, digest(stamp), stale)


def _used(facts: frozenset[str], found: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    every = templates.EVERY_FACT in facts
    used = {
        host: {name: value for name, value in values.items() if every or name in facts}
        for host, values in found.items()
    }
    return {host: values for host, values in used.items() if values}


def _unseen(facts: frozenset[str], found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    wanted = facts - _COVERED_FACTS
    missing = {name for name in wanted if any(name not in values for values in found.values())}
    return [f"a template reads the fact {name}, which is known only during the run" for name in sorted(missing)]
