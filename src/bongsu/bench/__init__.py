"""Named figures and their bars: each promise of speed or safety, measured the same way every time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.bench import _machine
from bongsu.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """What a benchmark measured: the value, whether the bar holds, and the single readings behind them."""

    value: float
    holds: bool
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Benchmark:
    """A named bar; `module` measures it in its function `measure(bar, say)`, or in another: `module:function`."""

    name: str
    about: str
    unit: str
    bar: float
    bar_text: str
    module: str

    def measure(self, say: Callable[[str], None], *, record: bool = False) -> dict[str, Any]:
        """Measure, keep the result with the earlier ones, and return it as JSON-ready values.

        `record` keeps it with the project's own results as well.
        """
        histories = [_history(), *([recorded_history()] if record else [])]
        machine = _machine.describe()
        module, _, function = self.module.partition(":")
        measure = getattr(import_module(f"bongsu.bench.{module}"), function or "measure")
        figure: Figure = measure(self.bar, say)
        result = {"name": self.name, "unit": self.unit, "bar": self.bar, **asdict(figure), "machine": machine}
        result["value"] = round(figure.value, 3)
        for history in histories:
            _keep(history, result)
        return {key: result[key] for key in ("name", "value", "unit", "bar", "holds", "machine", "detail")}


BENCHMARKS = (
    Benchmark("demo", "`bongsu demo` from nothing, downloads and images included", "s", 360, "under 360 s", "demo"),
    Benchmark("rerun", "second site.yml on the lab: nothing changes", "s", 25, "under 25 s", "rerun"),
    Benchmark(
        "page-latency", "service stopped to notification at the sink, p95 of 10", "s", 10, "under 10 s", "page_latency"
    ),
    Benchmark("strangers", "clients without our certificate that are let in", "connections", 0, "0", "strangers"),
    Benchmark("broken-push", "promises broken by pushing broken configuration", "promises", 0, "0", "broken_push"),
    Benchmark("noop-fast", "nothing to do, a host of 12", "s", 0.5, "under 0.5 s", "noop:measure_fast"),
    Benchmark("noop-full", "nothing to do, --full, a host of 12", "s", 2.5, "under 2.5 s", "noop:measure_full"),
    Benchmark("vs-builtin", "builtin tasks over --full, nothing to do", "ratio", 8, "8 or more", "vs_builtin"),
    Benchmark(
        "first-converge", "a fresh host, over apt-get, tar and systemctl", "ratio", 1.3, "under 1.3", "first_converge"
    ),
    Benchmark(
        "controller-memory", "peak of the controller at 40 hosts", "MiB", 600, "under 600 MiB", "controller_memory"
    ),
    Benchmark("drift", "300 mutations of managed resources, found and repaired", "%", 100, "100 %", "drift"),
    Benchmark("kills", "hosts broken by 200 killed runs, of four kinds", "hosts", 0, "0 of 200", "kills"),
    Benchmark("lock-outs", "hostile changes that lock out for good, or leave a trace", "changes", 0, "0", "lock_outs"),
    Benchmark("ssh-audit", "what ssh-audit finds wrong with a hardened SSH server", "findings", 0, "0", "ssh_audit"),
    Benchmark(
        "noop-baseline",
        "nothing to do, the whole baseline, one host",
        "s",
        2,
        "under 2 s, /etc untouched",
        "baseline_runs:measure_noop",
    ),
    Benchmark(
        "first-baseline", "the baseline's first run, .debs there", "s", 20, "under 20 s", "baseline_runs:measure_first"
    ),
    Benchmark(
        "running-state", "runs dead before the restart that the next did not mend", "runs", 0, "0", "running_state"
    ),
    Benchmark(
        "lynis", "Lynis's index of a host with the baseline", "points", 85, "85, strict 90", "baseline:measure_lynis"
    ),
    Benchmark(
        "cis",
        "rules of CIS level 1 server passed with the baseline",
        "%",
        90,
        "90, strict 95",
        "baseline:measure_cis",
    ),
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


def recorded_history() -> Path:
    """Return the file of the results that the project shows; BadInput outside a checkout."""
    if not paths.is_checkout():
        raise BadInput("results are recorded in a checkout: git clone, then ./bongsu bench NAME --record")
    return paths.project_root() / "benchmarks" / "results.jsonl"


def _history() -> Path:
    """Return the file of all results on this machine."""
    directory = paths.state_dir() / "bench"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory / "results.jsonl"


def _keep(history: Path, result: dict[str, Any]) -> None:
    """Append a result to a history."""
    with history.open("a") as file:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"at": at, **result}) + "\n")
