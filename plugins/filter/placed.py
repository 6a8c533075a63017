"""What became of components that a host wanted on other hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def unplaced(results: Iterable[Mapping[str, Any]], owner: str, loop_var: str = "item") -> list[str]:
    """List the places where a component of this ``owner`` was refused, each with the reason.

    ``results`` are those of a task ``components`` that looped over hosts, in the variable ``loop_var``.
    """
    refused = [(result[loop_var], result["refused"].get(owner)) for result in results]
    return [f"{place}: {why}" for place, why in refused if why is not None]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {"unplaced": unplaced}
