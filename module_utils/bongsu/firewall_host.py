"""Tell what this host's firewall has let in and dropped, and leave word where its rules are not those placed."""

from __future__ import annotations

from pathlib import Path

from . import host
from .component import store
from .effective import nft
from .errors import BongsuError

METRICS = "bongsu_firewall.prom"
# Placed by the component. Where it is gone, that is drift, and the next run loads the rules with it.
LOADED, WORDS = Path("/etc/bongsu/firewall.loaded"), b"as placed\n"


def main() -> int:
    """Write the metrics, and leave word; return 1 where the kernel has other rules than those placed, else 0."""
    text = nft.table()
    wrong = leave_word(text)
    store.export(METRICS, metrics({} if text is None else nft.counters(text), wrong=wrong))
    return 1 if wrong else 0


def leave_word(text: str | None) -> bool:
    """Tell whether the kernel's table (None: there is none) is another than was placed, and keep LOADED accordingly."""
    wrong = _differs(text)
    if wrong:
        LOADED.unlink(missing_ok=True)
    elif LOADED.parent.is_dir() and not LOADED.exists():
        host.replace(str(LOADED), WORDS, mode=0o644)
    return wrong


def _differs(text: str | None) -> bool:
    if text is None:
        return True
    try:
        found = nft.compare(text)
    except BongsuError:  # the file itself is no longer one that nft takes
        return True
    return isinstance(found, list) and found != [nft.AS_PLACED]


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
