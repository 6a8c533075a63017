"""How much longer the same end state takes as plain builtin tasks, with nothing to do on either side."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _builtin, _play
from bongsu.bench._fleet import fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOSTS = 12
RUNS = 3


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Generate the playbook from what the hosts have, and run both by turns; neither may change anything."""
    with fleet(say) as hosts, tempfile.TemporaryDirectory(prefix="bongsu-builtin-") as directory:
        lab = hosts.grow(HOSTS)
        say("generating the builtin playbook")
        deployed = {host.name: _builtin.read(lab, host.name) for host in lab.spec.hosts}
        playbook, inventory = _builtin.write(Path(directory), deployed)

        def full() -> float:
            return _play.site(lab, *_play.FULL).require_unchanged().seconds

        def builtin() -> float:
            return _play.playbook(lab, playbook, inventories=[inventory]).require_unchanged().seconds

        for way in (full, builtin):  # not counted: connections open, caches warm
            way()
        seconds = _play.alternate({"full": full, "builtin": builtin}, RUNS, say)
    items = _builtin.count({host: _builtin.parts(found.manifests) for host, found in deployed.items()})
    return judge(bar, seconds, items)


def judge(bar: float, seconds: Mapping[str, list[float]], items: Mapping[str, int]) -> Figure:
    """Return the figure of the wall times; `items` says what the builtin playbook looks after."""
    medians = _play.medians(seconds)
    ratio = medians["builtin"] / medians["full"]
    detail: dict[str, Any] = {
        "hosts": HOSTS,
        "seconds": _play.rounded(seconds),
        "median": {name: round(value, 2) for name, value in medians.items()},
        "builtin_items": dict(items),
    }
    return Figure(ratio, ratio >= bar and sum(items.values()) > 0, detail)
