"""Take a component away: its units as they were, its files given back, and the packages gone that it brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BongsuError
from . import apt, deadman, heirs, interrupted, lease, originals, toolkit, undo, undo_packages
from . import manifest as manifests
from .journal import Journal
from .lookup import look
from .plan import make_plan
from .store import Store

if TYPE_CHECKING:
    from .converger import Converger


def remove(
    name: str, store: Store, converger: Converger, *, check: bool, confirm_within: float | None = None
) -> dict[str, Any]:
    """Give the host back what it had before the component; return the task's result.

    Cut off, it is undone by its journal, or, once its files and units are as before, seen through by it. Where it is
    to be confirmed, the report has ``confirm``, and the packages stay until it is.
    """
    manifest = store.manifest(name)
    report: dict[str, Any] = {"changed": manifest is not None, "actions": [], "diff": [], "missing_packages": []}
    if manifest is None:
        report["changed"] = not check and tidy(store, converger)
        return report
    before = originals.before(manifest, store)
    seen = look(before, None, store)
    plan = make_plan(before, seen, _placing(manifest), leaving=True)
    brought = [name for name in manifest.get("brought", []) if not _heir(name, manifest, store)]
    report["diff"] = plan.diff()
    report["actions"] = plan.actions() + [f"purge {package}, unless something else needs it" for package in brought]
    report["actions"] += [f"bring {package} back" for package in manifest.get("gone", {}) if brought]
    if check:
        return report
    lease.take(store, converger.request.run)
    journal = Journal(store.journal_directory(name), name)
    journal.open(alone=name == toolkit.NAME)
    try:
        if plan.touches_host:
            converger.change(before, plan, seen, journal)
            if confirm_within is not None:
                token = journal.await_confirmation(None, confirm_within)
                return report | {"actions": plan.actions(), "confirm": {"token": token, "within": confirm_within}}
        journal.leaving()
    except (BongsuError, OSError) as error:
        troubles = undo.undo(journal.directory)
        deadman.disarm(name)
        raise BongsuError(f"{name} was not removed: {error}", rolled_back=not troubles) from error
    report["actions"] = plan.actions() + finish(name, store, converger, journal)
    return report


def finish(name: str, store: Store, converger: Converger, journal: Journal) -> list[str]:
    """Do the rest of a removal from which there is no way back any more, as its journal says; tell what was done."""
    manifest = store.manifest(name)
    try:
        if manifest is not None:
            store.write_manifest(_rest(manifest))
        done = complete(name, store)
    except (BongsuError, OSError) as error:
        raise BongsuError(
            f"{name}: its files and units are as before, and not all of its packages: {error}\n"
            "The host tries once more by itself in a moment, and every hour; or run this again."
        ) from error
    journal.close()
    tidy(store, converger)
    return done


def complete(name: str, store: Store) -> list[str]:
    """See a removal through whose files and units are as before already; tell what was done. May be done again."""
    manifest = store.manifest(name)
    done = [] if manifest is None else _give_up(name, manifest, store)
    store.export_units()
    return done


def _give_up(name: str, manifest: dict[str, Any], store: Store) -> list[str]:
    """Let a component's packages go, hand on what others need, and forget it."""
    _release(manifest, store)
    brought = [package for package in manifest.get("brought", []) if not _heir(package, manifest, store)]
    if brought:
        try:
            interrupted.finish(brought)
        except BongsuError:
            if apt.read_status().torn:  # apt refuses to take anything away
                raise  # and else what cannot be finished may still go
    installed = set(brought) & set(apt.read_status().versions) if brought else set()
    spared = {*manifest.get("given_back", _given_back(manifest)), *heirs.paths(heirs.others(name, store))}
    timers = {name: apt.timers_of([name]) for name in installed}
    kept = apt.take_away(brought, sparing=sorted(spared), remnants=manifest.get("remnants", []))
    store.forget_timers([timer for name in installed.difference(kept) for timer in timers[name]])
    returned = _give_back(manifest)
    _bequeath(manifest, kept, store)
    store.forget(name)
    return [
        *(f"purged {package}" for package in sorted(installed - set(kept))),
        *(f"brought {package} back" for package in returned),
        *(f"kept {package}, which something else needs" for package in kept),
    ]


def _give_back(manifest: dict[str, Any]) -> list[str]:
    """Bring back what had gone for this component's packages, unless one of these stays; return its names."""
    gone, here = manifest.get("gone", {}), apt.read_status().versions
    if not gone or any(package in here for package in manifest.get("brought", [])):
        return []
    if troubles := undo_packages.give_back(gone):
        raise BongsuError("; ".join(troubles))
    return sorted(gone.keys() - here.keys())


def _rest(manifest: dict[str, Any]) -> dict[str, Any]:
    """Give the manifest of a component whose files and units are as before: what is left are its packages."""
    left = {key: manifest.get(key, []) for key in ("brought", "remnants", "held")}
    left |= {key: manifest.get(key, {}) for key in ("originals", "unit_originals", "gone")}
    return manifests.empty(manifest["component"]) | left | {"given_back": _given_back(manifest)}


def _given_back(manifest: dict[str, Any]) -> list[str]:
    return sorted(dest for dest, was in manifest.get("originals", {}).items() if was["kind"] != "absent")


def _placing(manifest: dict[str, Any]) -> dict[str, Any]:
    """Give a manifest that says only where bongsu put something: there, and only there, may other kinds be replaced."""
    return manifests.empty(manifest["component"]) | {"files": manifest["files"], "running": manifest.get("running", {})}


def _heir(package: str, manifest: dict[str, Any], store: Store) -> dict[str, Any] | None:
    """Find another component that wants a package which this one brought."""
    for name, other in store.manifests().items():
        if name != manifest["component"] and package in {wanted["name"] for wanted in other["packages"]}:
            return other
    return None


def _release(manifest: dict[str, Any], store: Store) -> None:
    """Allow apt again to change what bongsu held for this component; one that pins it as well holds it from now on."""
    free = set(manifests.held(manifest))
    for name, other in store.manifests().items():
        pinned = {package["name"] for package in other["packages"] if package["version"] is not None}
        if name != manifest["component"] and pinned & free:
            heirs.hand_on(name, "held", sorted(pinned & free), store)
            free -= pinned
    if free:
        apt.hold(sorted(free & apt.read_status().held), held=False)


def _bequeath(manifest: dict[str, Any], kept: list[str], store: Store) -> None:
    """Hand on to other components what they still need, so that it goes when they go.

    What is ``kept`` for somebody unknown goes to one that has packages, and at last to the toolkit, which goes last.
    """
    others = {name: other for name, other in store.manifests().items() if name != manifest["component"]}
    for package in manifest.get("brought", []):
        heir = _heir(package, manifest, store)
        if heir is None and package in kept and others:
            heir = min(others.values(), key=lambda other: (not other["packages"], other["component"]))
        if heir:
            heirs.hand_on(heir["component"], "brought", [package], store)
            if manifest.get("gone"):
                heirs.hand_on(heir["component"], "gone", manifest["gone"], store)
            if package in manifest.get("remnants", []):
                heirs.hand_on(heir["component"], "remnants", [package], store)
    nothing = manifests.empty(manifest["component"])
    heirs.inherit(manifest, nothing, store)
    store.forget_timers(heirs.timers_gone(manifest, nothing, store))


def tidy(store: Store, converger: Converger) -> bool:
    """When only the toolkit is left, take it away too, and then the state that nothing needs; tell whether it went."""
    left = store.manifests()
    if set(left) == {toolkit.NAME}:
        remove(toolkit.NAME, store, converger, check=False)
        return True
    if not left:
        store.clear()
    return False
