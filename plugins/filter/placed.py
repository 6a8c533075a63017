"""What became of components that a host wanted on other hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def unplaced(
    results: Iterable[Mapping[str, Any]], owner: str, places: Iterable[str], loop_var: str = "item"
) -> list[str]:
    """List those of a host's ``places`` where its component is not, each with the reason.

    ``results`` are those of a task ``components`` that looped over hosts, in the variable ``loop_var``.
    """
    wanted, found = set(places), []
    for result in results:
        place = result[loop_var]
        if place not in wanted:
            continue
        if result.get("unreachable"):
            found.append(f"{place}: no connection to it")
        elif result.get("failed"):
            found.append(f"{place}: {result.get('msg')}")
        elif owner in result.get("refused", {}):
            found.append(f"{place}: {result['refused'][owner]}")
    return found


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {"unplaced": unplaced}
