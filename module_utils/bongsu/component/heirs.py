"""What several components name: it stays until the last of them lets go of it, which then gives it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import manifest as manifests
from .spec import UnitSpec
from .store import Store

_NAMED = {"originals": ("files", "dest"), "unit_originals": ("units", "name")}  # what each has originals of


def others(component: str, store: Store) -> list[dict[str, Any]]:
    """Read the manifests of the host's other components."""
    return [manifest for name, manifest in store.manifests().items() if name != component]


def paths(known: Iterable[Mapping[str, Any]], *, edited: bool = True) -> frozenset[str]:
    """Name the paths that manifests know, those to be absent among them; those only ``edited`` may be left out."""
    return frozenset().union(*(_named(manifest, "originals") - _edited(manifest, edited) for manifest in known))


def _edited(manifest: Mapping[str, Any], wanted: bool) -> set[str]:
    return set() if wanted else {file["dest"] for file in manifest["files"] if file.get("edit")}


def units(known: Iterable[Mapping[str, Any]]) -> dict[str, UnitSpec]:
    """Give the units that manifests list, as they are wanted; those that are as found are wanted by others."""
    return {
        unit["name"]: UnitSpec(unit["name"], unit["enabled"], unit["started"], unit["masked"])
        for manifest in known
        for unit in manifest["units"]
        if not unit.get("as_found")
    }


def elder(key: str, name: str, component: str, store: Store) -> dict[str, Any] | None:
    """Find another component that names a path or a unit, and knows how it was before; ``key`` as in a manifest."""
    for manifest in others(component, store):
        if name in manifest.get(key, {}) and name in _named(manifest, key):
            return manifest
    return None


def inherit(last: Mapping[str, Any] | None, now: Mapping[str, Any], store: Store) -> None:
    """Hand on how things were to the components that still name what ``now`` no longer does, and ``last`` did.

    Comes before ``now`` is written. When the run is undone in between, two manifests know it; that does no harm: the
    last of the components gives it back.
    """
    for key in _NAMED:
        known: dict[str, Any] = (last or {}).get(key, {})
        left = known.keys() - _named(now, key)
        for other in others(now["component"], store) if left else []:
            new = {name: known[name] for name in left & _named(other, key) - other.get(key, {}).keys()}
            if new and key == "originals":
                new = {
                    dest: store.copy_original(now["component"], other["component"], was) for dest, was in new.items()
                }
            if new:
                hand_on(other["component"], key, new, store)


def timers_gone(last: Mapping[str, Any] | None, now: Mapping[str, Any], store: Store) -> list[str]:
    """Name the timers that came with a component, and that neither it nor another one names any more."""
    known: dict[str, Any] = (last or {}).get("unit_originals", {})
    came = {name for name, was in known.items() if name.endswith(".timer") and not was["found"]}
    came -= _named(now, "unit_originals")
    return sorted(came - units(others(now["component"], store)).keys()) if came else []


def hand_on(name: str, key: str, more: Any, store: Store) -> None:
    """Add to a list or a mapping in a component's manifest."""
    heir = store.manifest(name) or manifests.empty(name)
    had = heir.get(key, type(more)())
    store.write_manifest(heir | {key: {**had, **more} if isinstance(more, dict) else sorted({*had, *more})})


def _named(manifest: Mapping[str, Any], key: str) -> set[str]:
    entries, name = _NAMED[key]
    parents = manifest.get("parents", []) if entries == "files" else []
    return {*parents, *(entry[name] for entry in manifest[entries] if not entry.get("as_found"))}
