"""How much memory the controller needs for forty hosts, at a first converge and with nothing to do."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.bench import Figure, _memory, _play
from bongsu.bench._fleet import fleet
from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bongsu.lab import Lab

HOSTS = 40
SITE = paths.project_root() / "playbooks" / "site.yml"


@dataclass(frozen=True)
class Watched:
    """A run, and the memory that it took at most."""

    run: _play.Run
    peak: _memory.Peak


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Watch the first converge of all hosts at once, then a full run that finds nothing to do."""
    with fleet(say) as hosts:
        lab = hosts.start(HOSTS)
        say("first converge of all of them, watched")
        first = watched(lab, _play.playbook_argv(lab, SITE))
        first.run.require_ok()
        _play.site(lab, *_play.FULL).require_ok()
        say("full run with nothing to do, watched")
        full = watched(lab, _play.playbook_argv(lab, SITE, *_play.FULL))
        full.run.require_unchanged()
    return judge(bar, {"first converge": first, "full, nothing to do": full})


def watched(lab: Lab, argv: list[str]) -> Watched:
    """Run ansible-playbook and watch it; its output goes to a file, so that no pipe holds it up."""
    env = machine.environment(ANSIBLE_NOCOLOR="1", **lab.env())
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env)
        with _memory.Watch(process.pid, mark=str(lab.state.control)) as watch, _play.Stopwatch() as stopwatch:
            status = process.wait()
        output.seek(0)
        text = output.read()
    return Watched(_play.Run(stopwatch.seconds, status, text, _play.recap(text)), watch.peak)


def judge(bar: float, found: Mapping[str, Watched]) -> Figure:
    """Return the figure of the runs: the greater peak counts."""
    value = max(one.peak.mib for one in found.values())
    seen = all(one.peak.looks > 0 for one in found.values())
    detail: dict[str, Any] = {"hosts": HOSTS, "runs": {name: _told(one) for name, one in found.items()}}
    return Figure(value, seen and value < bar, detail)


def _told(one: Watched) -> dict[str, Any]:
    peak = one.peak
    largest = sorted(peak.parts.values(), reverse=True)[:5]
    return {
        "peak_mib": round(peak.mib, 1),
        "peak_after_s": round(peak.at, 1),
        "processes": len(peak.parts),
        "largest_mib": [round(kib / 1024, 1) for kib in largest],
        "looks": peak.looks,
        "longest_gap_s": round(peak.longest_gap, 2),
        "seconds": round(one.run.seconds, 1),
    }
