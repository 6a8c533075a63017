"""Take every component of a host away, so that it is as it was before bongsu."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .component import removal, toolkit
from .component.converger import Converger, Request
from .component.run import take_back
from .component.store import Store
from .errors import BongsuError


def order(manifests: dict[str, dict[str, Any]]) -> list[str]:
    """Name components as they are to go: what was converged last goes first. The toolkit goes with the last one."""
    stamps = {name: float(manifest.get("converged_at", 0.0)) for name, manifest in manifests.items()}
    names = [name for name in stamps if name != toolkit.NAME] or list(stamps)
    return sorted(names, key=lambda name: (-stamps[name], name))


def leave(request: Request, *, check: bool) -> dict[str, Any]:
    """Remove what bongsu placed on this host, and report it as a task's result.

    Raises BongsuError naming the component that could not be removed; those before it are gone.
    """
    store = Store(request.state_directory)
    if check:
        return _remove_all(store, request, check=True)
    actions = [action for name in _interrupted(store) for action in take_back(name, request)["actions"]]
    if not store.manifests():
        return {"changed": bool(actions), "actions": actions, "components": []}
    with store.locked():
        report = _remove_all(store, request, check=False)
    return report | {"actions": actions + report["actions"]}


def _interrupted(store: Store) -> list[str]:
    return sorted(path.name for path in Path(store.directory, "journal").glob("*"))


def _remove_all(store: Store, request: Request, *, check: bool) -> dict[str, Any]:
    names = order(store.manifests())
    actions: list[str] = []
    for place, name in enumerate(names):
        try:
            report = removal.remove(name, store, Converger(store, request), check=check)
        except BongsuError as error:
            gone = f"{', '.join(names[:place])} {'are' if place > 1 else 'is'} gone" if place else "nothing is gone yet"
            raise BongsuError(f"{error}\nSo far {gone}; run again to go on.", **error.details) from error
        actions += [f"{name}: {action}" for action in report["actions"]]
    return {"changed": bool(names), "actions": actions, "components": names}
