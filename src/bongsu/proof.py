"""The proof that a page arrives: stop a service on purpose, time the notification's way to the sink, start it again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bongsu.errors import BongsuError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bongsu.lab import Lab

UNIT = "nginx.service"
PATIENCE = 60.0  # seconds until a notification that has not come is called lost
# A second notifier waits its peer's timeout (15 s by default) before it sends what the first did not confirm.
DUPLICATE_WINDOW = 20.0
_POLL = 0.1


@dataclass(frozen=True)
class Page:
    """One service stopped and started; seconds from the stop (the start) to the notification at the sink."""

    host: str
    fired: float
    resolved: float
    notifications: int  # firing ones, in all: 1 is what is wanted


def stop_and_time(lab: Lab, host: str, *, unit: str = UNIT, duplicate_window: float = DUPLICATE_WINDOW) -> Page:
    """Stop a unit on a host, wait for its page, start it, wait for the all-clear; the unit runs again in any case.

    Hosts and sink share the machine's clock, so the host's own time of the stop is where the count begins.
    """
    if lab.run(host, ["systemctl", "is-active", "--quiet", unit]).returncode != 0:
        raise BongsuError(f"{host}: {unit} is not running; start it before it is stopped on purpose")
    began = _now(lab, host)
    try:
        lab.run(host, ["systemctl", "stop", unit], check=True)
        fired = _wait(lambda: firing(lab.received(), host, unit, "firing", began), f"{host}: page for {unit}")
        time.sleep(duplicate_window)
        count = len(firing(lab.received(), host, unit, "firing", began))
    finally:
        restarted = _now(lab, host)
        lab.run(host, ["systemctl", "start", unit], check=True)
    cleared = _wait(lambda: firing(lab.received(), host, unit, "resolved", restarted), f"{host}: all-clear for {unit}")
    return Page(host, fired - began, cleared - restarted, count)


def firing(received: Iterable[dict[str, Any]], host: str, unit: str, status: str, since: float) -> list[float]:
    """Return when notifications came that tell of the unit on the host with this status, since a time."""
    return [
        entry["received_at"]
        for entry in received
        if entry["received_at"] >= since
        and isinstance(entry["body"], dict)
        and any(_is_about(alert, host, unit, status) for alert in entry["body"].get("alerts", []))
    ]


def _is_about(alert: dict[str, Any], host: str, unit: str, status: str) -> bool:
    """Say whether an alert of a notification is ServiceDown of the unit on the host."""
    wanted = {"alertname": "ServiceDown", "instance": host, "name": unit}
    labels = alert.get("labels", {})
    return alert.get("status") == status and all(labels.get(key) == value for key, value in wanted.items())


def _wait(arrived: Callable[[], list[float]], what: str) -> float:
    """Return when the first notification came; BongsuError when none comes in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        times = arrived()
        if times:
            return times[0]
        time.sleep(_POLL)
    raise BongsuError(f"{what}: nothing reached the sink within {PATIENCE:.0f} s")


def _now(lab: Lab, host: str) -> float:
    """Return the host's clock, in seconds since 1970."""
    return float(lab.run(host, ["date", "+%s.%N"], check=True).stdout)
