"""One audit of one host as a document, what moved since the last one, and lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.audit import SCANNERS, evidence, findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_COLUMNS = ("host", "scanner", "score", "change", "open", "worst")
_WORST = 3
_TITLE = 60  # characters of a finding's title that the table shows


def document(
    host: str, at: datetime, release: str, parts: Mapping[str, Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the audit as it is kept; ``parts`` are the scanners', ``earlier`` the host's audits so far.

    Of each scanner besides: ``last``, its score at the audit before (None at the first), ``reference``, the best of
    late, and ``open``, how many findings nothing answers, waives or explains.
    """
    scanners = {}
    for name in SCANNERS:
        if name in parts:
            part = parts[name]
            scanners[name] = {
                "last": evidence.last_score(earlier, name),
                "reference": evidence.reference(earlier, name, at, part["score"]),
                "open": findings.count(part, "open"),
                **part,
            }
    return {
        "format": evidence.FORMAT,
        "host": host,
        "at": at.isoformat(timespec="seconds"),
        "release": release,
        "scanners": scanners,
    }


def figures(audit: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return what the host tells node_exporter, by scanner."""
    return {
        name: {key: float(part[key]) for key in ("score", "reference", "open")}
        for name, part in audit["scanners"].items()
    }


def fallen(audits: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return (host, scanner) of every score that is lower than at the audit before."""
    return [
        (audit["host"], name)
        for audit in audits
        for name, part in audit["scanners"].items()
        if part["last"] is not None and part["score"] < part["last"]
    ]


def table(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the audits as lines in columns, the three worst open findings in the last; nothing without audits."""
    rows = [_row(audit["host"], name, part) for audit in audits for name, part in audit["scanners"].items()]
    if not rows:
        return []
    rows.insert(0, list(_COLUMNS))
    widths = [max(len(row[number]) for row in rows) for number in range(len(_COLUMNS))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def details(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every finding as a line: of which host and scanner, its state, what it is, and the reason."""
    lines = []
    for audit in audits:
        for name, part in audit["scanners"].items():
            lines.append(f"{audit['host']}, {name}: {tally(part)}")
            lines += [f"  {one['state']:<9}  {_line(one)}" for one in part["findings"]]
    return lines


def tally(part: Mapping[str, Any]) -> str:
    """Return how many findings are in which state, in words."""
    counts = [f"{number} {state}" for state in findings.STATES if (number := findings.count(part, state))]
    return ", ".join(counts) or "nothing found"


def conclusion(audits: Sequence[Mapping[str, Any]], reports: Mapping[str, str]) -> list[str]:
    """Return closing lines: which scores fell, and where the evidence is."""
    scanners = {audit["host"]: audit["scanners"] for audit in audits}
    lines = [
        f"{host}: the score of {name} fell from {part['last']:g} to {part['score']:g}"
        for host, name in fallen(audits)
        for part in [scanners[host][name]]
    ]
    lines += [f"{host}: all of it in {path}" for host, path in sorted(reports.items())]
    return lines


def _row(host: str, name: str, part: Mapping[str, Any]) -> list[str]:
    worst = [one for one in part["findings"] if one["state"] == "open"][:_WORST]
    told = "; ".join(f"{one['id']} ({_cut(one['title'])})" for one in worst)
    change = "first" if part["last"] is None else f"{part['score'] - part['last']:+.1f}".replace("+0.0", "=")
    return [host, name, f"{part['score']:g}", change, str(part["open"]), told or "-"]


def _line(finding: Mapping[str, Any]) -> str:
    sections = f" [CIS {', '.join(finding['sections'])}]" if finding.get("sections") else ""
    detail = f" ({finding['detail']})" if finding.get("detail") else ""
    reason = f": {finding['reason']}" if finding["reason"] else ""
    return f"{finding['id']}{sections}: {finding['title']}{detail}{reason}"


def _cut(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
