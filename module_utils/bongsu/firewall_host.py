"""Tell what this host's firewall has let in and dropped, and leave word where its rules are not those placed."""

from __future__ import annotations

from pathlib import Path

from .component import store
from .effective import nft
from .errors import BongsuError

METRICS = "bongsu_firewall.prom"
MARK = Path("/run/bongsu-firewall.differs")  # a component has it absent: it is drift, and the next run loads the rules


def main() -> int:
    """Write the metrics, and the mark; return 1 where the kernel has other rules than those placed, else 0."""
    text = nft.table()
    wrong = mark(text)
    store.export(METRICS, metrics({} if text is None else nft.counters(text), wrong=bool(wrong)))
    return 1 if wrong else 0


def mark(text: str | None) -> str:
    """Compare the table as it is in the kernel; leave word where it differs, and return that word, or ""."""
    try:
        words = nft.compare(text) if text is not None else []
    except BongsuError as error:  # the file itself is no longer one that nft takes
        words = [str(error)]
    wrong = "" if not isinstance(words, list) or words == [nft.AS_PLACED] else "its rules are not those placed"
    if wrong and not MARK.exists():
        MARK.write_text(f"{wrong if text is not None else 'it has no table'}\n")
    elif not wrong:
        MARK.unlink(missing_ok=True)
    return wrong


def metrics(counters: dict[str, int], *, wrong: bool) -> bytes:
    """Write the text exposition format."""
    lines = [
        "# HELP bongsu_firewall_as_placed Whether the kernel has the rules that were placed.",
        "# TYPE bongsu_firewall_as_placed gauge",
        f"bongsu_firewall_as_placed {int(not wrong)}",
    ]
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
