"""The inventory check: every mistake that can be told before a host is touched, each with its file, key and cure.

Loading is an adapter (`sources`, `ansible_loader`, `schema`); what it gives is plain values (`model`), and every
check is a function from them to problems. No connection is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu.inventory.model import Problem
from bongsu.paths import project_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ansible.parsing.dataloader import DataLoader

    from bongsu.inventory.model import Inventory
    from bongsu.inventory.scan import Scan

__all__ = ["Problem", "check"]


def check(
    inventories: Sequence[Path],
    vault_password_file: Path | None = None,
    *,
    loader: DataLoader | None = None,
    root: Path | None = None,
) -> list[Problem]:
    """Return all problems of an inventory, in the order of its files; none when it is fit to be used.

    `loader` is a running Ansible's own, with its vault secrets; then no password file is needed. `root` is the
    project whose roles are the schema (default: this one).
    """
    from bongsu.inventory import ansible_loader
    from bongsu.inventory.definitions import Definitions
    from bongsu.inventory.schema import load_schema
    from bongsu.inventory.sources import read_sources

    problems: list[Problem] = []
    if loader is None:
        loader, problems = ansible_loader.new_loader(vault_password_file)
    scan = read_sources(inventories, loader)
    problems += scan.problems
    if problems:  # what is not read whole is not judged: one slip would show as many
        return _ordered(problems)
    schema = load_schema(root or project_root())
    loaded = ansible_loader.load(inventories, loader, Definitions(scan.definitions), schema)
    if isinstance(loaded, Problem):
        return [loaded]
    return _ordered(problems_of(loaded, scan))


def problems_of(inventory: Inventory, scan: Scan) -> Iterator[Problem]:
    """Run every check on a loaded inventory."""
    from bongsu.inventory import (
        alertmanager,
        certificates,
        controls,
        firewall,
        hosts,
        monitoring,
        names,
        secrets,
        values,
    )

    yield from hosts.check_hosts(inventory, scan)
    yield from names.check_groups(inventory, scan)
    yield from names.check_variables(inventory)
    yield from names.check_unresolved(inventory)
    yield from values.check_values(inventory)
    yield from certificates.check_authority(inventory)
    yield from certificates.check_retired(inventory)
    yield from certificates.check_names(inventory)
    yield from alertmanager.check_alertmanager(inventory)
    yield from secrets.check_secrets(inventory)
    yield from secrets.check_secret_files(inventory)
    yield from monitoring.check_probes(inventory)
    yield from monitoring.check_rules(inventory)
    yield from monitoring.check_scrapes(inventory)
    yield from controls.check_controls(inventory)
    yield from firewall.check_firewall(inventory)


def _ordered(problems: Sequence[Problem] | Iterator[Problem]) -> list[Problem]:
    """Return each problem once (a group's value is seen at each of its hosts), by file and line."""
    return sorted(set(problems), key=lambda p: (p.file, p.line or 0, p.key, p.message))
