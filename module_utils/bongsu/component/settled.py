"""Which of a host's components a converge would find as they should be, told all at once (see src/bongsu/said.py).

It is no second opinion: each manifest is turned back into the component that it describes, and that one is looked at
and planned as in a converge. What a manifest does not say of a component (probes, validation, the time to confirm)
matters only where something is to be done.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import host
from ..errors import BongsuError
from . import apt, edited, toolkit
from . import manifest as manifests
from .drift import description_digest
from .lookup import Known, look
from .plan import make_plan
from .spec import Component, FileSpec, PackageSpec, UnitSpec
from .store import Store


def settled(store: Store, *, sparing: str) -> dict[str, str]:
    """Return the digest of each settled component's description, by its name; the one to be spared was just looked at.

    A component that an interrupted run has left a journal of is none, nor one whose manifest is no manifest. The
    toolkit is nobody's to ask for: every converge looks at it.
    """
    others = _manifests(store, {sparing, toolkit.NAME})
    if not others:
        return {}
    units = {unit["name"] for manifest in others.values() for unit in manifest["units"]}
    known = Known(host.unit_states(sorted(units)), apt.read_status())
    digests = {name: _digest(manifest, store, known) for name, manifest in others.items()}
    return {name: digest for name, digest in digests.items() if digest is not None}


def _manifests(store: Store, sparing: Collection[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in set(store.components()).difference(sparing):
        try:
            manifest = store.manifest(name)
        except (BongsuError, OSError):
            continue
        if manifest and manifest["component"] == name and not store.journal_directory(name).exists():
            found[name] = manifest
    return found


def _digest(manifest: dict[str, Any], store: Store, known: Known) -> str | None:
    """Return the digest of what was looked at; None where there is something to do."""
    try:
        asked = described(manifest)
        seen = look(asked, manifest, store, known=known)
        component = edited.resolve(asked, seen.found, manifest, store)
        plan = make_plan(component, seen, manifest)
    except (BongsuError, OSError):
        return None
    if manifest.get("doubtful") or not plan.is_empty:
        return None
    return description_digest(manifests.describe(asked))


def described(manifest: dict[str, Any]) -> Component:
    """Turn the description in a manifest back into a component.

    A file's content is known by its digest alone: what is on the disk is taken for it where it has that digest.
    """
    return Component(
        name=manifest["component"],
        packages=tuple(PackageSpec(package["name"], package["version"]) for package in manifest["packages"]),
        files=tuple(map(_file, manifest["files"])),
        validate=(),
        units=tuple(
            UnitSpec(unit["name"], unit["enabled"], unit["started"], unit["masked"], bool(unit.get("as_found")))
            for unit in manifest["units"]
        ),
    )


def _file(entry: dict[str, Any]) -> FileSpec:
    content = None
    if entry["sha256"] is not None:
        found = host.observe(entry["dest"])
        content = (found.target or "").encode() if found.kind == "link" else found.content
        if content is None or manifests.digest(content) != entry["sha256"]:
            raise BongsuError(f"{entry['dest']} is not what was placed")
    sets_mode = entry["mode"] is not None
    return FileSpec(
        dest=entry["dest"],
        state=entry["state"],
        content=content,
        owner=entry["owner"],
        group=entry["group"],
        mode=int(entry["mode"], 8) if sets_mode else 0o644,
        on_change=entry["on_change"],
        units=tuple(entry["units"]),
        edit=entry.get("edit"),
        sets_mode=sets_mode,
    )
