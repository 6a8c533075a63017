"""The journal: what a run is about to change and how it was before, on disk before anything is touched."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import host
from . import apt_hook, deadman, toolkit, undo, unfinished
from .changes import Found
from .packages import Coming
from .plan import Plan
from .store import Store
from .units import Step, UnitState

POLICY = "/usr/sbin/policy-rc.d"  # what Debian's packages ask whether they may start a service
_FORBID = (
    b"#!/bin/sh\n# Placed for one run of bongsu: a daemon's first start is with its own configuration.\nexit 101\n"
)
_SCRIPT = """#!/bin/sh
# Undoes an interrupted run of bongsu: puts back everything that it changed. Waits while that run is still alive.
exec /usr/bin/python3 -I {directory}/bongsu rollback {directory} "$@"
"""


class Journal:
    """One component's journal; it exists only while a run is under way, or waits to be confirmed."""

    def __init__(self, directory: Path, component: str) -> None:
        """Name the place; nothing is written yet."""
        self.directory = directory
        self.component = component
        self._manifest = str(Store(str(directory.parents[1])).manifest_path(component))
        self._entry: dict[str, Any] = {}
        self._absent: set[str] = set()  # paths that were not there before the run's packages came

    def open(self, *, alone: bool = False) -> None:
        """Begin: leave here all that undoing needs, and have the host undo by itself should this process die.

        ``alone`` says that nothing else of bongsu is on the host, and so no recovery that runs at boot.
        """
        host.remove_tree(self.directory)
        self.directory.mkdir(parents=True, mode=0o700)
        archive, script = self.directory / "bongsu", self.directory / "rollback"
        host.write_new(str(archive), toolkit.archive(), mode=0o700)
        host.write_new(str(script), _SCRIPT.format(directory=self.directory).encode(), mode=0o700)
        host.sync([str(archive), str(script)])
        self._entry = {
            "format": 1,
            "component": self.component,
            "packages": {},
            "policy": None,
            "manifest": self._keep("manifest", self._manifest, host.observe(self._manifest)),
            "paths": [],
            "units": [],
            "daemon_reload": False,
            "acting": False,
            "leaving": False,
            "alone": alone,
            "confirm": None,
        }
        deadman.arm(self.component, self.directory / "rollback", deadman.GRACE)  # without a journal it does nothing
        if alone:
            unfinished.arm(Store(str(self.directory.parents[1])))
        self._write()
        host.sync([str(self.directory.parent), str(self.directory.parent.parent)])

    def will_install(
        self,
        coming: Coming,
        *,
        held: list[str],
        released: list[str],
        found: Mapping[str, Found],
        offered: list[str],
    ) -> None:
        """Record the packages that come, and forbid them to start their services until ours decides.

        ``found`` has the component's paths as they are before the packages come: what is there must be there without
        them, and what comes with them goes with them. ``offered`` has the configurations that dpkg has laid beside
        others before.
        """
        told = {"new": list(coming.new), "replaced": coming.replaced, "remnants": list(coming.remnants)}
        told |= {"automatic": list(coming.automatic), "gone": coming.gone, "offered": offered}
        self._forbid({**told, "held": held, "released": released}, found)

    def will_add(self, *, remnants: Iterable[str], held: list[str], found: Mapping[str, Found]) -> list[str]:
        """Record that packages will come of which only apt will tell which, in here; return apt's options for that.

        ``remnants`` are all that are on the host.
        """
        place = f"coming-{os.urandom(4).hex()}"  # of this run alone: another one's apt-get may be on its way
        told = {"awaited": place, "new": [], "replaced": {}, "remnants": sorted(remnants), "offered": []}
        self._forbid({**told, "held": held, "released": []}, found)
        return apt_hook.expect(self.directory / place)

    def arrived(self) -> list[str]:
        """Name the packages that apt was told to install; it can begin with nothing more."""
        return apt_hook.claim(self.directory / self._entry["packages"]["awaited"])

    def _forbid(self, packages: dict[str, Any], found: Mapping[str, Found]) -> None:
        """Write down what is known of the packages, and keep them from starting services."""
        existed = [dest for dest, was in found.items() if was.kind != "absent"]
        self._absent = {*found} - {*existed}
        self._entry["packages"] = {**packages, "existed": existed}
        self._entry["policy"] = self._keep("policy", POLICY, host.observe(POLICY))
        self._write()
        host.replace(POLICY, _FORBID, mode=0o755)

    def installed(self, new: Iterable[str] = ()) -> None:
        """Let packages start services again; those ``new`` have come that only apt knew of."""
        if self._entry["packages"].pop("awaited", None):
            self._entry["packages"]["new"] = sorted(new)
        undo.restore(self.directory, self._entry["policy"])
        host.flush([POLICY])
        self._entry["policy"] = None
        self._write()

    def will_change(self, plan: Plan, units: dict[str, UnitState], displaced: dict[str, str]) -> None:
        """Record the old contents, the paths and units about to change; ``displaced`` says where what is moved goes."""
        self._entry["paths"] = [
            self._keep(str(number), change.file.dest, change.found)
            | {"displaced": displaced.get(change.file.dest)}
            | {"came": change.file.dest in self._absent and change.found.kind != "absent"}
            for number, change in enumerate(plan.changes)
        ]
        self._entry["units"] = [_before(units[name], plan.steps) for name in sorted({s.unit for s in plan.steps})]
        self._entry["daemon_reload"] = plan.daemon_reload
        self._write()

    def acting(self) -> None:
        """Record that from now on units are touched, so that undoing must touch them again."""
        self._entry["acting"] = True
        self._write()

    def leaving(self) -> None:
        """Record that there is no way back any more, only on: whoever reads this sees the removal through."""
        self._entry |= {"leaving": True, "confirm": None}
        self._write()

    def await_confirmation(self, manifest: dict[str, Any] | None, seconds: float) -> str:
        """Keep everything ready to be undone within ``seconds`` unless confirmed; return the token that confirms.

        ``manifest`` is what is to be committed then; None where the component goes.
        """
        token = os.urandom(16).hex()
        self._entry["confirm"] = {"token": token, "until": host.clock() + seconds, "manifest": manifest}
        # Armed before the wait is written down, and so due after its end: there is no moment without a way back. The
        # first switch may wake up meanwhile: it sees the wait, and does nothing.
        deadman.arm(self.component, self.directory / "rollback", seconds)
        self._write()
        return token

    def awaited(self, token: str) -> dict[str, Any] | None:
        """Return what waits for this token, with the ``manifest`` to commit; None where nothing does (any more)."""
        try:
            self._entry = json.loads((self.directory / "journal.json").read_text())
        except FileNotFoundError:
            return None
        waiting: dict[str, Any] | None = self._entry["confirm"]
        return waiting if waiting is not None and waiting["token"] == token else None

    def close(self) -> None:
        """Forget the journal: the run is committed."""
        undo.close(self.directory)
        deadman.disarm(self.component)

    def _keep(self, number: str, dest: str, found: Found) -> dict[str, Any]:
        backup = None
        if found.content is not None:
            backup = f"{number}.old"
            host.write_new(str(self.directory / backup), found.content, mode=0o600)
            host.sync([str(self.directory / backup)])
        return {
            "dest": dest,
            "kind": found.kind,
            "owner": found.owner,
            "group": found.group,
            "mode": found.mode,
            "changed_at": found.changed_at,
            "backup": backup,
            "target": found.target,
        }

    def _write(self) -> None:
        content = json.dumps(self._entry, indent=1).encode()
        host.replace(str(self.directory / "journal.json"), content, mode=0o600)


def _before(state: UnitState, steps: tuple[Step, ...]) -> dict[str, Any]:
    return {
        "name": state.name,
        "active": state.active,
        "masked_until_boot": state.masked_until_boot,
        "verbs": [step.verb for step in steps if step.unit == state.name],
    }
