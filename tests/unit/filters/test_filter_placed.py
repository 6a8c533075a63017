"""Each host is told of its own components alone, and of every place where one is missing."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from bongsu.paths import project_root

UNPLACED = runpy.run_path(str(project_root() / "plugins/filter/placed.py"))["unplaced"]
RESULTS = [
    {"monitor": "m1", "refused": {"web2": "the disk is full"}, "components": []},
    {"monitor": "m2", "unreachable": True, "msg": "ssh: no route"},
    {"monitor": "m3", "failed": True, "msg": "it broke off"},
]


@pytest.mark.parametrize(
    ("owner", "places", "told"),
    [
        ("web1", ["m1"], []),
        ("web2", ["m1"], ["m1: the disk is full"]),
        ("web1", ["m1", "m2"], ["m2: no connection to it"]),
        ("web1", ["m3"], ["m3: it broke off"]),
        ("web2", ["m1", "m2", "m3"], ["m1: the disk is full", "m2: no connection to it", "m3: it broke off"]),
        ("web2", [], []),
    ],
)
def test_a_host_is_told_where_its_own_is_not(owner: str, places: list[str], told: list[str]):
    assert UNPLACED(RESULTS, owner, places, "monitor") == told


def test_nothing_was_wanted():
    results: list[dict[str, Any]] = []
    assert UNPLACED(results, "web1", ["m1"]) == []
