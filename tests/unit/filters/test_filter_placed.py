"""Each host is told of its own components alone, and of every place where one is missing."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from bongsu.paths import project_root

UNPLACED = runpy.run_path(str(project_root() / "plugins/filter/placed.py"))["unplaced"]
RESULTS = [
    {"monitor": "m1", "refused": {"web2": "the disk is full"}, "components": []},
    {"monitor": "m2", "refused": {"web1": "no connection to it", "web2": "no connection to it"}, "components": []},
    {"monitor": "m3", "refused": {}, "components": []},
]


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        ("web1", ["m2: no connection to it"]),
        ("web2", ["m1: the disk is full", "m2: no connection to it"]),
        ("web3", []),
    ],
)
def test_a_host_is_told_where_its_own_is_not(owner: str, told: list[str]):
    assert UNPLACED(RESULTS, owner, "monitor") == told


def test_nothing_was_wanted():
    results: list[dict[str, Any]] = []
    assert UNPLACED(results, "web1") == []
