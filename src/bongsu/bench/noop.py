"""What a run costs that finds nothing to do: seconds a host, and whether they stay the same as the fleet grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _play
from bongsu.bench._fleet import fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bongsu.lab import Lab

SIZES = (3, 6, 12)  # hosts, two of them monitors; the value is that of the largest
RUNS = 3
SLACK = 1.15  # growth of the cost of a host between the two largest sizes that still passes for none


def measure_fast(bar: float, say: Callable[[str], None]) -> Figure:
    """Measure with the fast path on."""
    return _measure(bar, say, {"ansible-playbook": (), "bongsu provision": ()})


def measure_full(bar: float, say: Callable[[str], None]) -> Figure:
    """Measure with the fast path off: every component of every host is looked at."""
    return _measure(bar, say, {"ansible-playbook": _play.FULL, "bongsu provision": ("--full",)})


def _measure(bar: float, say: Callable[[str], None], options: Mapping[str, tuple[str, ...]]) -> Figure:
    walls: dict[int, dict[str, list[float]]] = {}
    with fleet(say) as hosts:
        for size in SIZES:
            lab = hosts.grow(size)
            # Not counted: it opens the connections, and ends what a first converge leaves to the second.
            _play.site(lab, *options["ansible-playbook"]).require_ok()
            walls[size] = _play.alternate(_ways(lab, options), RUNS, say)
    return judge(bar, walls)


def _ways(lab: Lab, options: Mapping[str, tuple[str, ...]]) -> dict[str, Callable[[], float]]:
    return {
        "ansible-playbook": lambda: _play.site(lab, *options["ansible-playbook"]).require_unchanged().seconds,
        "bongsu provision": lambda: _play.provision(lab, *options["bongsu provision"]).require_unchanged().seconds,
    }


def judge(bar: float, walls: Mapping[int, Mapping[str, list[float]]]) -> Figure:
    """Return the figure of wall times by size and command: the slower command at the largest size counts."""
    smaller, largest = sorted(walls)[-2:]
    medians = {size: _play.medians(walls[size]) for size in sorted(walls)}
    per_host = {size: {way: wall / size for way, wall in found.items()} for size, found in medians.items()}
    growth = {way: per_host[largest][way] / per_host[smaller][way] for way in per_host[largest]}
    value = max(per_host[largest].values())
    linear = all(factor <= SLACK for factor in growth.values())
    detail: dict[str, Any] = {
        "hosts": largest,
        "seconds": {size: _play.rounded(walls[size]) for size in sorted(walls)},
        "median_per_host": {size: _thousandths(found) for size, found in per_host.items()},
        "one_more_host": _thousandths(
            {way: (medians[largest][way] - medians[smaller][way]) / (largest - smaller) for way in medians[largest]}
        ),
        "grows_linearly": linear,
    }
    return Figure(value, value < bar and linear, detail)


def _thousandths(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}
