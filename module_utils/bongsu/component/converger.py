"""Carry a component out on this host: look, install, stage, swap, act, probe, commit; undo all of it on any failure."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from ..errors import BongsuError
from . import apt, deadman, edited, fetched, heirs, history, interrupted, lease, steps, toolkit, undo, unfinished
from .journal import Journal
from .lookup import look
from .packages import Coming, PackagePlan
from .plan import Observed, Plan, make_plan
from .spec import Component
from .store import DEFAULT, Store


@dataclass(frozen=True)
class Request:
    """What the controller says beside the component itself.

    ``owner`` is the inventory's name of the host whose run this is; ``run`` identifies that run (see lease.py).
    """

    state_directory: str = DEFAULT
    absent: bool = False
    owner: str | None = None
    run: dict[str, Any] | None = None


def commit(store: Store, manifest: dict[str, Any]) -> None:
    """Write down what is true now."""
    last = store.manifest(manifest["component"])
    heirs.inherit(last, manifest, store)
    store.write_manifest(manifest)
    store.forget_timers(heirs.timers_gone(last, manifest, store))
    store.export_units()


@dataclass
class Converger:
    """Makes components of one host true; the host's lock is held, or this is check mode."""

    store: Store
    request: Request

    def converge(self, component: Component, *, check: bool) -> dict[str, Any]:
        """Look, and do what is to be done; return the task's result."""
        manifest = self.store.manifest(component.name)
        seen = look(component, manifest, self.store, fetch=not check)
        asked, component = component, edited.resolve(component, seen.found, manifest, self.store)
        plan = make_plan(component, seen, manifest)
        doubtful = (manifest or {}).get("doubtful")
        report: dict[str, Any] = {
            "changed": bool(not plan.is_empty or doubtful),
            "actions": plan.actions() + (["asked whether it is healthy, after an upgrade failed"] if doubtful else []),
            "diff": plan.diff(),
            "missing_packages": [name for name, _ in plan.packages.install],
            "controls": list(plan.ineffective),
        }
        if check or not report["changed"]:
            return report
        lease.take(self.store, self.request.run)
        if plan.packages.is_empty and not plan.touches_host:
            if doubtful:
                self._prove(component, plan, doubtful)
            commit(self.store, self.complete(component, plan, seen, manifest, Coming()))
            return report
        report |= self._carry_out(asked, component, plan, seen, manifest)
        lease.take(self.store, self.request.run)  # packages may have taken longer than a lease lasts
        return report

    def _prove(self, component: Component, plan: Plan, doubtful: str) -> None:
        """Raise BongsuError where a component is not healthy that an earlier run could not put back."""
        try:
            steps.judge(component, plan, time.time())
        except BongsuError as error:
            raise BongsuError(f"{component.name}: {error}\nAn earlier run could not put it back: {doubtful}") from error

    def complete(
        self, component: Component, plan: Plan, before: Observed, manifest: dict[str, Any] | None, came: Coming
    ) -> dict[str, Any]:
        """Return the manifest to commit."""
        owner = self.request.owner or (manifest or {}).get("owner")
        return {**history.complete(component, plan, before, manifest, came, self.store), "owner": owner}

    def _carry_out(
        self, asked: Component, component: Component, plan: Plan, seen: Observed, manifest: dict[str, Any] | None
    ) -> dict[str, Any]:
        started, before = time.time(), seen
        journal = Journal(self.store.journal_directory(component.name), component.name)
        journal.open(alone=component.name == toolkit.NAME and not self.store.manifests())
        came = Coming()
        extra: dict[str, Any] = {}
        try:
            if not plan.packages.is_empty:
                came = self._change_packages(plan, seen, journal)
                installed = plan.packages.actions()
                seen = look(asked, manifest, self.store, upgraded=bool(came.replaced))
                component = edited.resolve(asked, seen.found, manifest, self.store)
                plan = make_plan(component, seen, manifest)
                extra = {"actions": installed + replace(plan, packages=PackagePlan()).actions(), "diff": plan.diff()}
            if plan.touches_host:
                self.change(component, plan, seen, journal)
            steps.judge(component, plan, started)
            complete = self.complete(component, plan, before, manifest, came)
            if component.confirm_within is not None:
                token = journal.await_confirmation(complete, component.confirm_within)
                return extra | {"confirm": {"token": token, "within": component.confirm_within}}
            if component.name == toolkit.NAME:
                unfinished.disarm()  # from here on, its own recovery reads the journal at boot
            commit(self.store, complete)
        except (BongsuError, OSError) as error:
            raise _after_undoing(component.name, journal, error) from error
        journal.close()
        return extra

    def change(self, component: Component, plan: Plan, seen: Observed, journal: Journal) -> None:
        """Change paths and units as planned; units that the component no longer names go before their files."""
        displaced = steps.to_displace(plan, self.store)
        journal.will_change(plan, seen.units, displaced)
        steps.stage(plan, displaced)
        if retiring := steps.retires(plan):
            journal.acting()
            steps.retire(plan)
        steps.swap(plan, displaced)
        for command in component.validate:
            steps.require(command, "its configuration was refused")
        if not retiring:
            journal.acting()
        steps.act(plan)

    def _change_packages(self, plan: Plan, seen: Observed, journal: Journal) -> Coming:
        """Return what came."""
        if plan.packages.configure:
            interrupted.finish()
        arguments = [name for name, _ in plan.packages.install]
        held, released = list(plan.packages.hold), list(plan.packages.release)
        if arguments:
            apt.refresh_lists()
        if plan.packages.only_adds and (came := self._add(arguments, held, seen, journal)):
            return came
        coming = apt.simulate(arguments, plan.packages.yielding) if arguments else Coming()
        lifted = sorted(apt.read_status().held.intersection(coming.replaced) - {*released})
        offered = apt.offered(coming.replaced)
        journal.will_install(coming, held=held, released=[*released, *lifted], found=seen.found, offered=offered)
        # Whoever has to undo this may have no network: a host that boots has none yet.
        fetched.keep({name: was["version"] for name, was in coming.gone.items()} | dict(coming.replaced))
        if arguments:
            apt.install(coming, arguments)
        journal.installed()
        apt.hold(released, held=False)
        apt.hold([*held, *lifted])
        return coming

    def _add(self, arguments: list[str], held: list[str], seen: Observed, journal: Journal) -> Coming | None:
        """Install packages that are missing, which apt alone knows all of; None where nothing else may be touched so.

        For that, apt has to be asked first (`--simulate`), at twice the cost.
        """
        remnants = apt.read_status().remnants
        options = journal.will_add(remnants=remnants, held=held, found=seen.found)
        try:
            apt.add(arguments, options)
        except BongsuError as error:
            if journal.arrived() or isinstance(error, apt.BusyError) or apt.UNFETCHED in str(error):
                raise
            journal.installed()
            return None
        new = journal.arrived()
        journal.installed(new)
        apt.hold(held)
        return Coming(tuple(new), remnants=tuple(sorted(remnants.intersection(new))))


def _after_undoing(name: str, journal: Journal, error: Exception) -> BongsuError:
    troubles = undo.undo(journal.directory)
    deadman.disarm(name)
    ending = "; ".join(troubles)
    undone = f"Not everything could be put back: {ending}" if troubles else "Everything was put back as before."
    return BongsuError(f"{name}: {error}\n{undone}", rolled_back=not troubles)
