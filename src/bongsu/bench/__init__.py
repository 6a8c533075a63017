"""Named figures and their bars: each promise of speed or safety, measured the same way every time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Figure:
    """What a benchmark measured: the value, whether the bar holds, and the single readings behind them."""

    value: float
    holds: bool
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Benchmark:
    """A named bar; `module` measures it in its function `measure(say)`."""

    name: str
    about: str
    unit: str
    bar: float
    bar_text: str
    module: str

    def measure(self, say: Callable[[str], None]) -> dict[str, Any]:
        """Measure, keep the result with the earlier ones, and return it as JSON-ready values."""
        figure: Figure = import_module(f"bongsu.bench.{self.module}").measure(self.bar, say)
        result = {"name": self.name, "unit": self.unit, "bar": self.bar, **asdict(figure)}
        result["value"] = round(figure.value, 3)
        _keep(result)
        return {key: result[key] for key in ("name", "value", "unit", "bar", "holds", "detail")}


BENCHMARKS = (
    Benchmark("demo", "`bongsu demo` from nothing, downloads and images included", "s", 360, "under 360 s", "demo"),
    Benchmark("rerun", "second site.yml on the lab: nothing changes", "s", 25, "under 25 s", "rerun"),
    Benchmark(
        "page-latency", "service stopped to notification at the sink, p95 of 10", "s", 10, "under 10 s", "page_latency"
    ),
    Benchmark("strangers", "clients without our certificate that are let in", "connections", 0, "0", "strangers"),
    Benchmark("broken-push", "promises broken by pushing broken configuration", "promises", 0, "0", "broken_push"),
)


def by_name(name: str) -> Benchmark:
    """Return the benchmark of that name; BadInput lists those that exist."""
    for benchmark in BENCHMARKS:
        if benchmark.name == name:
            return benchmark
    known = ", ".join(benchmark.name for benchmark in BENCHMARKS)
    raise BadInput(f"no benchmark '{name}'; there are {known}")


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed (nearest rank), for 0 < share <= 1."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)  # the next whole number up
    return ordered[max(int(rank), 1) - 1]


def _keep(result: dict[str, Any]) -> None:
    """Append a result to the history."""
    directory = paths.state_dir() / "bench"
    directory.mkdir(mode=0o700, exist_ok=True)
    with (directory / "results.jsonl").open("a") as file:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"at": at, **result}) + "\n")
