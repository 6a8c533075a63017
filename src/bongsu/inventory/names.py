"""Names that nothing reads: misspelled variables, groups, and vars files of nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bongsu.inventory.model import Problem, Unresolved
from bongsu.inventory.schema import ANSIBLE, GROUPS
from bongsu.inventory.words import near, one_of, short, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.definitions import Definition
    from bongsu.inventory.model import Inventory, KeyPath
    from bongsu.inventory.scan import Scan


def check_variables(inventory: Inventory) -> Iterator[Problem]:
    """Report variables in a role's namespace that the role does not know, and near misses of known names."""
    written = inventory.definitions.names()
    merged = {name for host in inventory.hosts.values() for name in host.variables}
    for name in sorted(written | merged):
        message = _unknown(name, inventory)
        if message:
            found: list[Definition] = [d for d in inventory.definitions if d.variable == name]
            if not found:
                yield inventory.problem(None, (name,), message)
            for definition in found:
                yield Problem(definition.file, definition.prefix + name, message, definition.line())


def _unknown(name: str, inventory: Inventory) -> str | None:
    known = inventory.schema.known
    if name in known:
        return None
    for role in sorted(inventory.schema.roles, key=len, reverse=True):
        if name.startswith(f"{role}_"):
            options = [option for option in known if option.startswith(f"{role}_")]
            hint = suggest(name, options) or f"known are {one_of(options)}"
            return f"the role {role} has no such variable; {hint}"
    closest = near(name, known)
    if closest is None:
        return None
    if closest in ANSIBLE and name.startswith("ansible_") and len(name) > len(closest):
        return None  # ansible_ssh_… has many; only a shorter or equally long miss is surely a slip
    return f"nothing reads it; did you mean '{closest}'? If it is a variable of your own, give it another name"


def check_groups(inventory: Inventory, scan: Scan) -> Iterator[Problem]:
    """Report groups named nearly as a known one, children that exist nowhere, and vars files that nobody reads."""
    groups = set(inventory.groups)
    for group in sorted(groups - {"all", "ungrouped", *GROUPS}):
        closest = near(group, GROUPS)
        file, line = scan.group_places.get(group, (inventory.sources[0], None))
        if closest:
            message = f"no role is for this group; did you mean '{closest}'? If it is your own, give it another name"
            yield Problem(file, group, message, line)
        elif group in scan.child_groups and group not in scan.written_groups and not inventory.groups[group]:
            others = groups - {"all", "ungrouped", group}
            hint = suggest(group, others) or "write it with its hosts, or remove it from children"
            yield Problem(file, group, f"no group of this name has hosts; {hint}", line)
    yield from _vars_files_of_nobody(inventory)


def _vars_files_of_nobody(inventory: Inventory) -> Iterator[Problem]:
    groups = {*inventory.groups, *GROUPS, "all", "ungrouped"}
    for scope, is_host, file in sorted({(d.scope, d.is_host, d.file) for d in inventory.definitions if not d.prefix}):
        names = set(inventory.hosts) if is_host else groups
        if scope not in names:
            kind = "host" if is_host else "group"
            hint = suggest(scope, names) or f"rename the file, or add the {kind}; there are {one_of(names)}"
            yield Problem(file, "", f"the inventory has no {kind} called '{scope}'; {hint}")


def check_unresolved(inventory: Inventory) -> Iterator[Problem]:
    """Report values that no run can resolve: bad Jinja, a wrong password, a reference to a misspelled variable."""
    for host in inventory.hosts.values():
        for name, value in host.variables.items():
            for path, left in _unresolved(value, (name,)):
                message = _why(left, {*inventory.schema.known, *host.variables})
                if message:
                    yield inventory.problem(host, path, message)


def _unresolved(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Unresolved]]:
    if isinstance(value, Unresolved):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unresolved(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _unresolved(item, (*path, position))


def _why(left: Unresolved, names: set[str]) -> str | None:
    if left.certain and "vault" in left.reason:
        return f"{left.reason}; give the one that it was encrypted with"
    if left.certain:
        cure = "if {{ … }} is meant for Prometheus or Alertmanager, tag the value: `key: !unsafe '…'`"
        return f"{short(left.reason, 100)}; {cure}"
    undefined = re.search(r"'(\w+)' is undefined", left.reason)
    if undefined and undefined[1] not in names:
        closest = near(undefined[1], names)
        if closest:
            return f"there is no variable '{undefined[1]}'; did you mean '{closest}'?"
    return None
