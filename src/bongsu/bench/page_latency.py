"""How long a page takes, and that it comes once, with both monitors up."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bongsu import proof
from bongsu.bench import Figure, _lab, percentile

if TYPE_CHECKING:
    from collections.abc import Callable

TRIALS = 10
HOSTS = ("server1", "server2")


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Stop nginx on one server after the other, ten times; every stop must bring exactly one page."""
    lab = _lab.provisioned(say)
    pages = []
    for trial in range(TRIALS):
        page = proof.stop_and_time(lab, HOSTS[trial % len(HOSTS)])
        say(f"trial {trial + 1} of {TRIALS}: {page.fired:.2f} s on {page.host}")
        pages.append(page)
    seconds = percentile([page.fired for page in pages], 0.95)
    once = all(page.notifications == 1 for page in pages)
    detail = {"exactly_once": once, "trials": [asdict(page) for page in pages]}
    return Figure(seconds, once and seconds < bar, detail)
