"""Security controls that an inventory chooses one by one: known ones, and a reason for each that it does without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu import controls
from bongsu.inventory.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Inventory, Problem

CHOICES = "bongsu_controls"


def check_controls(inventory: Inventory) -> Iterator[Problem]:
    """Check the choices of every host."""
    for host in inventory.hosts.values():
        choices = host.variables.get(CHOICES)
        if choices is None or isinstance(choices, Unresolved):
            continue
        for path, message in controls.problems(choices, inventory.schema.controls):
            yield inventory.problem(host, (CHOICES, *path), message)
