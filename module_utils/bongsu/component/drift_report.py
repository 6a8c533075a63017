"""Tell what drifted: as metrics for node_exporter, as lines for a person, as values for a program. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .drift import Finding

MOST_SERIES = 50  # a component: a wiped /etc must not become thousands of series; the count beside them stays true


def metrics(components: Iterable[str], findings: Iterable[Finding], now: float) -> bytes:
    """Write the text exposition format; ``now`` is in seconds since the epoch."""
    findings = list(findings)
    by_component = {name: [one for one in findings if one.component == name] for name in sorted(components)}
    lines = [
        "# HELP bongsu_drift_resources Files, packages and units of a component that are not as they were placed.",
        "# TYPE bongsu_drift_resources gauge",
        *(
            f'bongsu_drift_resources{{component="{_escape(name)}"}} {len({one.resource for one in found})}'
            for name, found in by_component.items()
        ),
        "# HELP bongsu_drift What drifted, and in which way; the first of each component.",
        "# TYPE bongsu_drift gauge",
        *(line for found in by_component.values() for line in _series(found)),
        "# HELP bongsu_drift_last_check_timestamp_seconds When the host was last compared with its manifests.",
        "# TYPE bongsu_drift_last_check_timestamp_seconds gauge",
        f"bongsu_drift_last_check_timestamp_seconds {now:.0f}",
    ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _series(findings: list[Finding]) -> list[str]:
    """Give each series once: one resource may drift twice in the same way."""
    labels = dict.fromkeys((one.component, one.resource, one.what) for one in findings)
    return [
        f'bongsu_drift{{component="{_escape(component)}",resource="{_escape(resource)}",what="{what}"}} 1'
        for component, resource, what in list(labels)[:MOST_SERIES]
    ]


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def table(components: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """Give one line a finding, in columns; one line that says so where there is none."""
    rows = [(one.component, one.resource, one.what, one.detail) for one in findings]
    count = len(list(components))
    if not rows:
        return [f"{count} component{'s' * (count != 1)}, all as placed" if count else "nothing is placed here"]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(text.ljust(width) for text, width in zip(row[:3], widths, strict=True)), row[3]]).rstrip()
        for row in rows
    ]


def document(components: Iterable[str], findings: Iterable[Finding]) -> dict[str, Any]:
    """Give the whole as JSON-ready values."""
    return {"components": sorted(components), "findings": [asdict(one) for one in findings]}


def text(components: Iterable[str], findings: Iterable[Finding], *, as_json: bool) -> str:
    """Give the whole as it is printed."""
    components, findings = list(components), list(findings)
    if as_json:
        return json.dumps(document(components, findings), indent=2) + "\n"
    return "\n".join(table(components, findings)) + "\n"
