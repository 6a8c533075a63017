"""Did a test alert arrive? Judged by Alertmanager's own counters. Pure: metrics in, verdicts out.

Alertmanager counts by integration, not by receiver, so another alert told meanwhile moves the same counters. Hence
three of them: ``alertmanager_notifications_total`` moves when a notification begins,
``alertmanager_notification_requests_total`` and ``…_failed_total`` when an attempt has ended. The test alert has
arrived once no fewer attempts succeeded than notifications began: somebody else's success cannot stand in for a test
that hangs or fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .watching import Finding

_SAMPLE = re.compile(
    r"^alertmanager_(?P<counter>notifications_total|notification_requests_total|notification_requests_failed_total)"
    r'\{[^}]*\bintegration="(?P<kind>[^"]*)"[^}]*\} (?P<value>\S+)',
    re.MULTILINE,
)


@dataclass(frozen=True)
class Count:
    """One integration's counters: notifications begun, attempts ended, and those of them that failed."""

    begun: int = 0
    ended: int = 0
    failed: int = 0

    @property
    def succeeded(self) -> int:
        """Attempts that the receiver accepted."""
        return self.ended - self.failed

    def since(self, before: Count) -> Count:
        """Return what has been counted since ``before``."""
        return Count(self.begun - before.begun, self.ended - before.ended, self.failed - before.failed)

    def tells(self, wanted: int) -> bool:
        """Tell whether ``wanted`` notifications, and all others begun meanwhile, have arrived."""
        return self.succeeded >= max(wanted, self.begun)


def read_counts(metrics: Iterable[str]) -> dict[str, Count]:
    """Sum each integration's counters over all Alertmanagers, each given as the text of its ``/metrics``."""
    sums: dict[tuple[str, str], int] = {}
    for text in metrics:
        for sample in _SAMPLE.finditer(text):
            place = (sample["kind"], sample["counter"])
            sums[place] = sums.get(place, 0) + int(float(sample["value"]))
    return {
        kind: Count(
            begun=sums.get((kind, "notifications_total"), 0),
            ended=sums.get((kind, "notification_requests_total"), 0),
            failed=sums.get((kind, "notification_requests_failed_total"), 0),
        )
        for kind in {kind for kind, _ in sums}
    }


def counted(before: Mapping[str, Count], after: Mapping[str, Count], kinds: Iterable[str]) -> dict[str, Count]:
    """Return what each of the integrations has counted between two readings."""
    return {kind: after.get(kind, Count()).since(before.get(kind, Count())) for kind in kinds}


def is_complete(since: Mapping[str, Count], wanted: Mapping[str, int]) -> bool:
    """Tell whether every integration has told as often as the receiver has entries of it."""
    return all(since[kind].tells(number) for kind, number in wanted.items())


def make_alert(receiver: str, identity: str, starts_at: str, ends_at: str) -> dict[str, Any]:
    """Make the alert that only the receiver's test route matches; times are RFC 3339."""
    return {
        "labels": {
            "alertname": "BongsuTest",
            "severity": "test",
            "bongsu_test": receiver,
            "bongsu_test_id": identity,
        },
        "annotations": {
            "summary": f"Test of receiver {receiver}: nothing is wrong.",
            "impact": "None. Somebody asked whether alerts arrive, and they do.",
        },
        "startsAt": starts_at,
        "endsAt": ends_at,
    }


def judge(
    receiver: str,
    since: Mapping[str, Count],
    wanted: Mapping[str, int],
    seconds: float,
    suppressed: str = "",
) -> Finding:
    """Turn what the counters did in ``seconds`` into a line of the report."""
    check = f"receiver {receiver}"
    if not wanted:
        return Finding(check, True, "has no integration: nothing to deliver")
    parts, cures = [], []
    for kind, number in sorted(wanted.items()):
        count = since[kind]
        if count.tells(number):
            parts.append(f"{kind} delivered in {seconds:.1f} s")
        else:
            told = f"{count.succeeded} of {max(number, count.begun)} notifications accepted"
            parts.append(f"{kind} not delivered in {seconds:.0f} s: {told}, {count.failed} attempts failed")
            cures.append(f"'journalctl -u prometheus-alertmanager' on the monitors tells why {kind} fails")
    if suppressed:
        parts.append(suppressed)
        cures = ["end the silence or the inhibition, or wait for its end, and verify again"]
    return Finding(check, is_complete(since, wanted), "; ".join(parts), "; ".join(cures))


def suppression(alerts: list[dict[str, Any]]) -> str:
    """Say what holds the test alert back, from the answer of ``/api/v2/alerts``; empty when nothing does."""
    for alert in alerts:
        status = alert.get("status", {})
        for key, word in (("silencedBy", "silenced"), ("inhibitedBy", "inhibited"), ("mutedBy", "muted")):
            if status.get(key):
                return f"it is {word} by {', '.join(status[key])}"
    return ""
