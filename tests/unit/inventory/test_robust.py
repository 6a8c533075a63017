"""Whatever stands in an inventory, the check answers with problems, never with a traceback."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from made_inventory import base_files, write

from bongsu.inventory import ansible_loader, check, problems_of
from bongsu.inventory.definitions import Definitions
from bongsu.inventory.model import Inventory, Unresolved
from bongsu.inventory.schema import load_schema
from bongsu.inventory.sources import read_sources
from bongsu.paths import project_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.scan import Scan

STRANGE = [None, -1, "{a", [None], [[1]], {"a": None}, Unresolved("a fact")]


@pytest.fixture
def loaded(inventory: Path, password: Path) -> tuple[Inventory, Scan]:
    write(inventory, base_files())
    loader, _ = ansible_loader.new_loader(password)
    scan = read_sources([inventory], loader)
    found = ansible_loader.load([inventory], loader, Definitions(scan.definitions), load_schema(project_root()))
    assert isinstance(found, Inventory)
    return found, scan


def test_a_strange_value_anywhere_is_no_crash(loaded: tuple[Inventory, Scan]) -> None:
    inventory, scan = loaded
    host = inventory.hosts["mon1"]
    variables = {**inventory.hosts["web1"].variables, **host.variables}
    count = 0
    for spoiled in mutated(variables):
        hosts = {"mon1": dataclasses.replace(host, variables=spoiled)}
        for problem in problems_of(dataclasses.replace(inventory, hosts=hosts), scan):
            assert problem.message
            assert str(problem)
        count += 1
    assert count > 500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "1\n",
        "? [a, b]\n: c\n",
        "all: 1\n",
        "all: {hosts: 1}\n",
        "all: {hosts: {a: [b]}}\n",
        "all: {children: []}\n",
    ],
)
def test_a_strange_host_file_is_no_crash(text: str, inventory: Path, password: Path) -> None:
    write(inventory, base_files() | {"hosts.yml": text})
    assert check([inventory], password)


def mutated(variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the variables once for each place in them and each strange value there."""
    for path in places(variables):
        for strange in STRANGE:
            changed = copy.deepcopy(variables)
            parent: Any = changed
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = strange
            yield changed


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from places(item, (*path, key))
