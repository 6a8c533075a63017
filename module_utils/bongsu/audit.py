"""What security scanners print, and what is told to node_exporter about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import BongsuError

LEVELS = ("warning", "suggestion")  # Lynis's own words, the worse first
_RULE = re.compile(r"^xccdf_\S+?_rule_(\S+):(\w+)$", re.MULTILINE)
_FIGURES = (
    (
        "bongsu_audit_score",
        "score",
        "How much of what a scanner asks for a host fulfils, in percent, at the last audit.",
    ),
    ("bongsu_audit_score_reference", "reference", "The best score of the audits of late, to compare with."),
    ("bongsu_audit_findings", "open", "Findings of a scanner that nothing answers, waives or explains."),
)


def read_lynis(report: str) -> dict[str, Any]:
    """Read Lynis's report file: ``{version, score, findings: [{id, level, title, detail}]}``, warnings first."""
    pairs = [line.partition("=")[::2] for line in report.splitlines() if "=" in line]
    values = dict(pairs)
    if not values.get("hardening_index", "").isdigit():
        raise BongsuError("lynis did not come to an end: its report has no hardening index")
    findings = [_lynis_finding(level, value) for level in LEVELS for name, value in pairs if name == f"{level}[]"]
    return {
        "version": values.get("lynis_version", ""),
        "score": int(values["hardening_index"]),
        # LYNIS is its word on itself: that a distribution's release of it is not the newest.
        "findings": [one for one in findings if one["id"] != "LYNIS"],
    }


def _lynis_finding(level: str, value: str) -> dict[str, str]:
    """Read ``ID|what|detail|solution|``, where ``-`` stands for nothing."""
    name, title, detail, *_ = [*value.split("|"), "", ""]
    return {"id": name, "level": level, "title": title.strip(), "detail": "" if detail == "-" else detail.strip()}


def read_oscap(output: str) -> dict[str, str]:
    """Read what ``oscap xccdf eval --progress`` prints: rule -> result, the rule without its long prefix."""
    return dict(_RULE.findall(output))


def metrics(scanners: Mapping[str, Mapping[str, float]], at: float) -> bytes:
    """Write the text exposition format; ``scanners`` has ``score``, ``reference`` and ``open`` of each by its name."""
    lines = []
    for name, figure, about in _FIGURES:
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
        lines += [f'{name}{{scanner="{scanner}"}} {found[figure]:g}' for scanner, found in sorted(scanners.items())]
    name = "bongsu_audit_timestamp_seconds"
    lines += [f"# HELP {name} When the last audit of this host ended.", f"# TYPE {name} gauge", f"{name} {at:.0f}"]
    return ("\n".join(lines) + "\n").encode()
