"""The firewall's own part of the host's tool: count what is let in and dropped, and ask before something is cut off."""

from __future__ import annotations

import sys
from pathlib import Path

from . import firewall_ask
from .component import store
from .effective import nft

METRICS = "bongsu_firewall.prom"


def count() -> int:
    """Write the metrics; without the table there are none, and controls tell that it is not there."""
    text = nft.table()
    store.export(METRICS, None if text is None else metrics(nft.counters(text)))
    return 0


def ask(wanted: Path) -> int:
    """Judge a document as the role places it, before it is; print what is to be answered first, and return 1 then."""
    found = firewall_ask.look(firewall_ask.read(wanted))
    if found:
        sys.stdout.write("\n".join(found) + "\n")
    return 1 if found else 0


def metrics(counters: dict[str, int]) -> bytes:
    """Write the text exposition format."""
    lines: list[str] = []
    for kind, label, words in (
        ("accepted", "rule", "Packets that began what a rule lets in"),
        ("dropped", "reason", "Packets that were dropped"),
    ):
        name = f"bongsu_firewall_{kind}_packets_total"
        lines += [f"# HELP {name} {words}, since the rules were loaded.", f"# TYPE {name} counter"]
        lines += [
            f'{name}{{{label}="{counter.removeprefix(f"{kind}_")}"}} {packets}'
            for counter, packets in sorted(counters.items())
            if counter.startswith(f"{kind}_")
        ]
    return ("\n".join(lines) + "\n").encode()
