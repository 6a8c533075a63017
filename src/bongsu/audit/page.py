"""The page of the findings that stay on purpose, made from explained.yml."""

from __future__ import annotations

import yaml

from bongsu.audit.findings import EXPLAINED

_HEAD = """\
# Findings that stay on purpose

What the scanners of `bongsu audit` go on finding on a host that has everything, and why. It is shown with the finding,
and no score is changed for it. This page is made from `src/bongsu/audit/explained.yml` (`python -m bongsu.audit`).

A finding that one of our [controls](controls.md) answers is shown as answered where the host itself says that the
control is in effect; a control that the inventory waives is shown with the inventory's own reason.
"""
_NAMES = {"openscap": "OpenSCAP, CIS level 1 server", "lynis": "Lynis", "ssh_audit": "ssh-audit"}


def page() -> str:
    """Write the page."""
    parts = [_HEAD]
    for scanner, entries in yaml.safe_load(EXPLAINED.read_text(encoding="utf-8")).items():
        rows = [
            f"| {', '.join(f'`{name}`' for name in entry['findings'])} | {' '.join(entry['reason'].split())} |"
            for entry in entries
        ]
        parts.append("\n".join([f"## {_NAMES[scanner]}\n", "| finding | why it stays |", "|---|---|", *rows, ""]))
    return "\n".join(parts)
