"""What a second site.yml costs when nothing is to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.events import Event

MOST_ROUND_TRIPS = 2  # a component and host


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Provision, then run site.yml again: it must change nothing, and ask each component's host twice at most."""
    lab = _lab.provisioned(say)
    trips: list[tuple[int, str]] = []
    changed: list[str] = []
    slowest: list[tuple[float, str]] = []

    def take(event: Event) -> None:
        slowest.append((round(event.seconds, 2), f"{event.host}: {event.task}"))
        if event.kind == "ok":
            trips.extend((count, f"{event.host}: {event.task}") for count in round_trips(event.result))
            if event.changed:
                did = ", ".join(event.result.get("actions") or [])
                changed.append(f"{event.host}: {event.task}: {did}")

    say("site.yml again")
    result = _lab.site(lab, on_event=take, extra_vars={"bongsu_full": True})  # or nobody would be asked for a component
    most, where = max(trips, default=(0, ""))
    # No component seen means that nothing was proved about them.
    holds = result.status == "ok" and not changed and 0 < most <= MOST_ROUND_TRIPS and result.seconds < bar
    detail = {
        "status": result.status,
        "changed": changed,
        "components": len(trips),
        "most_round_trips": most,
        "most_round_trips_at": where,
        "round_trips": sum(count for count, _ in trips),
        "slowest": sorted(slowest, reverse=True)[:5],
    }
    return Figure(result.seconds, holds, detail)


def round_trips(result: Any) -> list[int]:
    """Return the round trips that a component's result tells, one figure an item where it ran in a loop."""
    own = [int(result["round_trips"])] if "round_trips" in result else []
    items = [item for item in result.get("results") or [] if isinstance(item, dict)]
    return own + [int(item["round_trips"]) for item in items if "round_trips" in item]
