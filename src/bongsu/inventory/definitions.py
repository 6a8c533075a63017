"""Where each variable was written: the YAML node, its file, and who it is written for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, KeyPath

_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


@dataclass(frozen=True)
class Definition:
    """One `variable: value` in one file, for one group or one host."""

    variable: str
    scope: str  # the group's or the host's name
    is_host: bool
    file: str  # as shown to the operator
    prefix: str  # what stands before the variable in a problem's key; empty in a vars file
    key_node: yaml.Node
    node: yaml.Node
    encrypted: bool  # the whole file is
    order: int  # of reading: a later one wins within the same scope

    def line(self, path: KeyPath = ()) -> int:
        """Return the line (from 1) of the deepest part of the path that is really written here."""
        line: int = self.key_node.start_mark.line
        for key_node, _node in self._walk(path):
            line = key_node.start_mark.line
        return line + 1

    def node_at(self, path: KeyPath = ()) -> yaml.Node | None:
        """Return the node at a path below the variable; None when it is not written here literally."""
        steps = [self.node, *(node for _key, node in self._walk(path))]
        return steps[-1] if len(steps) == len(path) + 1 else None

    def _walk(self, path: KeyPath) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        node = self.node
        for part in path:
            for key_node, child in children(node):
                if key_node is None:
                    name: str | int = child[0]
                else:
                    name = key_node.value
                if name == part:
                    node = child[1]
                    yield (key_node or node), node
                    break
            else:
                return


def children(node: yaml.Node) -> Iterator[tuple[yaml.Node | None, tuple[int, yaml.Node]]]:
    """Yield (key node or None, (position, value node)) for each entry of a mapping or a list."""
    if isinstance(node, yaml.MappingNode):
        for position, (key_node, child) in enumerate(node.value):
            yield key_node, (position, child)
    elif isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield None, (position, child)


class Definitions:
    """All definitions of an inventory, asked by host and variable."""

    def __init__(self, found: list[Definition]) -> None:
        """Index what the scan found."""
        self._by_variable: dict[str, list[Definition]] = {}
        for definition in found:
            self._by_variable.setdefault(definition.variable, []).append(definition)

    def __iter__(self) -> Iterator[Definition]:
        """Yield every definition, in the order of reading."""
        for found in self._by_variable.values():
            yield from found

    def names(self) -> set[str]:
        """Return the names of all variables that are written anywhere."""
        return set(self._by_variable)

    def of(self, host: Host | None, variable: str) -> Definition | None:
        """Return the definition that gives the variable to the host: a host's own wins, then its deepest group.

        Without a host, the first one written anywhere.
        """
        found = self._by_variable.get(variable, [])
        if host is None:
            return found[0] if found else None
        best: tuple[int, int] = (-1, -1)
        winner: Definition | None = None
        for definition in found:
            rank = _rank(definition, host)
            if rank >= 0 and (rank, definition.order) > best:
                best, winner = (rank, definition.order), definition
        return winner

    def literal(self, host: Host | None, path: KeyPath) -> tuple[Definition, yaml.ScalarNode] | None:
        """Return the scalar finally written for a value, following `{{ name }}` from variable to variable.

        None when it is not written as such in a file that was scanned.
        """
        for _ in range(10):  # a chain longer than that is a loop
            definition = self.of(host, str(path[0]))
            node = definition.node_at(path[1:]) if definition else None
            if definition is None or not isinstance(node, yaml.ScalarNode):
                return None
            reference = _REFERENCE.fullmatch(str(node.value).strip())
            if reference is None or node.tag == "!unsafe":
                return definition, node
            path = (reference[1],)
        return None


def _rank(definition: Definition, host: Host) -> int:
    """Return how near the definition is to the host; -1 when it does not apply."""
    if definition.is_host:
        return 1000 if definition.scope == host.name else -1
    return host.groups.index(definition.scope) if definition.scope in host.groups else -1
