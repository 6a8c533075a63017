"""One scenario on one host, which is put back to its beginning for each kill."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count

from kill_scenarios import Scenario
from killing import differences, killed_at, killer, leftovers, snapshot, timeless
from managed_host import Host

# Every kill takes minutes: by default, each run of the tests tries some of them.
EVERY = bool(os.environ.get("BONGSU_EVERY_KILL"))
STRIDE = 1 if EVERY else 23


class Stage:
    """What the host was, what the run makes of it when nobody kills it, and the kills."""

    def __init__(self, scenario: Scenario, host: Host) -> None:
        self.scenario, self.host = scenario, host
        self.journal = host.root / "state/journal/daemon/journal.json"
        self.pristine = host.root.with_name(f"{host.root.name}-pristine")
        scenario.prepare(host)
        shutil.copytree(host.root, self.pristine, symlinks=True)
        self.before = snapshot(host.root)
        result = scenario.act(host)
        assert bool(result.get("failed")) == scenario.fails, result
        self.wanted = timeless(snapshot(host.root))
        assert (self.wanted == timeless(self.before)) == scenario.fails

    def kill(self, nth: int) -> bool:
        """Begin anew and kill the run at its nth side effect; False when it has fewer."""
        shutil.rmtree(self.host.root)
        shutil.copytree(self.pristine, self.host.root, symlinks=True)
        return "killed" in self.scenario.act(self.host, before=killer(nth, self.host.root))

    def is_before(self) -> bool:
        return snapshot(self.host.root) == self.before

    def is_wanted(self) -> bool:
        return timeless(snapshot(self.host.root)) == self.wanted

    def kills(self) -> Iterator[str]:
        """Kill the run at one side effect after the other; say where, after each."""
        for nth in count(1, STRIDE):
            if not self.kill(nth):
                return
            yield f"kill {nth}, at {killed_at(self.host.root)}"

    def end_well(self, where: str) -> None:
        """Run again, undisturbed, and once more."""
        again = self.scenario.act(self.host)
        assert bool(again.get("failed")) == self.scenario.fails, f"{where}: {again}"
        assert differences(timeless(snapshot(self.host.root)), self.wanted) == [], where
        assert leftovers(self.host.root) == [], where
        if not self.scenario.fails:
            assert not self.scenario.act(self.host)["changed"], where
