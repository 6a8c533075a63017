"""Whether `drift` finds whatever somebody does to a managed resource, and another run of site.yml repairs it."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _lab
from bongsu.bench.mutations import Deck, Mutation, possible
from bongsu.errors import BongsuError
from bongsu.runner import run_playbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bongsu.events import Event, RunResult
    from bongsu.lab import Lab

COUNT = 300
_MANIFESTS = "for file in /var/lib/bongsu/components/*.json; do cat $file; printf '\\0'; done"
_SCRIPT_SECONDS = 300.0  # a downgrade fetches a package first

Findings = dict[str, list[dict[str, str]]]  # by host


@dataclass
class Trial:
    """One mutation of one host, and what became of it; `left` says why it does not count as repaired."""

    host: str
    mutation: Mutation
    found: bool = False
    left: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Tell whether it was found, and repaired."""
        return self.found and not self.left

    def __str__(self) -> str:
        """Name it, with what went wrong."""
        mutation = self.mutation
        name = f"{self.host}: {mutation.resource} ({mutation.component}) {mutation.way}"
        wrong = [] if self.found else [f"drift did not say {mutation.what}"]
        return "; ".join([name, *wrong, *self.left])


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Mutate the lab's hosts, one thing at a time each; the figure is the share in percent found and repaired."""
    lab = _lab.provisioned(say)
    seed = int(time.time())
    began = time.monotonic()
    tried: list[Trial] = []
    for trial in trials(lab, COUNT, seed):
        tried.append(trial)
        say(f"{len(tried)} of {COUNT}: {trial}")
    good = sum(trial.good for trial in tried)
    value = 100 * good / COUNT
    detail: dict[str, Any] = {
        "seed": seed,
        "tried": len(tried),
        "found": sum(trial.found for trial in tried),
        "seconds_each": round((time.monotonic() - began) / max(len(tried), 1), 2),
        "ways": dict(sorted(Counter(trial.mutation.way for trial in tried).items())),
        "failed": [str(trial) for trial in tried if not trial.good],
    }
    return Figure(value, value >= bar, detail)


def trials(lab: Lab, count: int, seed: int) -> Iterator[Trial]:
    """Mutate, look, repair and look again, `count` times; ends early when a host cannot be brought back.

    Hosts are mutated side by side, but never two monitors at once: a monitor is changed only while its peer is well.
    """
    _require_clean(lab)
    monitors = cycle(host.name for host in lab.spec.hosts if host.name.startswith("monitor"))
    others = [host.name for host in lab.spec.hosts if not host.name.startswith("monitor")]
    chance = random.Random(seed)  # noqa: S311  # it must be the same again for the same seed, and hides nothing
    deck = Deck(chance, {host.name: possible(manifests(lab, host.name)) for host in lab.spec.hosts})
    done = 0
    while done < count:
        hosts = [next(monitors), *others][: count - done]
        round_ = [Trial(host, deck.deal(host)) for host in hosts]
        carry_out(lab, round_)
        done += len(round_)
        yield from round_
        if any(trial.left for trial in round_):
            _lab.site(lab)
            if any(look(lab).values()):
                return


def carry_out(lab: Lab, round_: Sequence[Trial]) -> None:
    """Do one mutation on each host, see whether it is found, run site.yml, and see whether it is repaired."""
    with ThreadPoolExecutor(max_workers=len(round_)) as pool:
        list(pool.map(lambda trial: _spoil(lab, trial), round_))
    seen = look(lab)
    for trial in round_:
        wanted = (trial.mutation.resource, trial.mutation.what)
        trial.found = any((one["resource"], one["what"]) == wanted for one in seen[trial.host])
    result = _lab.site(lab)
    seen = look(lab)
    for trial in round_:
        trial.left += [f"still {one['resource']} {one['what']} {one['detail']}" for one in seen[trial.host]]
        trial.left += [failure.message for failure in result.hosts[trial.host].failures]
        if lab.run(trial.host, trial.mutation.healed).returncode != 0:
            trial.left.append(f"its effect is still there: {trial.mutation.healed}")


def look(lab: Lab) -> Findings:
    """Ask every host what drifted, by drift.yml. Raises BongsuError when a host gives no answer."""
    found: Findings = {}

    def hear(event: Event) -> None:
        if event.kind == "ok" and "findings" in event.result:
            found[event.host] = list(event.result["findings"])

    result: RunResult = run_playbook(
        "drift.yml", lab.inventories, env=lab.env(), runs=lab.state.path / "runs", on_event=hear
    )
    silent = {host.name for host in lab.spec.hosts} - found.keys()
    if silent:
        words = [failure.message for host in result.hosts.values() for failure in host.failures]
        raise BongsuError("\n".join([f"no answer about drift from {', '.join(sorted(silent))}", *words]))
    return found


def manifests(lab: Lab, host: str) -> list[dict[str, Any]]:
    """Read a host's manifests."""
    texts = lab.run(host, _MANIFESTS, check=True).stdout.split("\0")
    return [json.loads(text) for text in texts if text.strip()]


def _require_clean(lab: Lab) -> None:
    drifted = {host: findings for host, findings in look(lab).items() if findings}
    if drifted:
        raise BongsuError(f"before anything was touched, there is drift: {drifted}")


def _spoil(lab: Lab, trial: Trial) -> None:
    """Carry the mutation out; what a daemon says to its new surroundings does not matter, only that it is done."""
    lab.run(trial.host, trial.mutation.script, timeout=_SCRIPT_SECONDS)
