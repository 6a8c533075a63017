"""Files that a component edits rather than places: what they come to, and what they are without the edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import edits, host
from .changes import Found
from .spec import Component, FileSpec
from .store import Store


def resolve(
    component: Component, found: Mapping[str, Found], manifest: dict[str, Any] | None, store: Store
) -> Component:
    """Give each edited file the content that it is to have, and the owner that it has; its mode too, if none is wanted.

    One of which nothing is wanted but its mode is left out where it is not there.
    """
    if not any(file.edit for file in component.files):
        return component
    there = [
        file
        for file in component.files
        if file.edit != edits.NOTHING or found[file.dest].kind not in ("absent", "link")
    ]
    return replace(
        component,
        files=tuple(
            file if file.edit is None else _resolved(file, found[file.dest], manifest, store) for file in there
        ),
    )


def _resolved(file: FileSpec, now: Found, manifest: dict[str, Any] | None, store: Store) -> FileSpec:
    if now.kind not in ("file", "absent"):
        return replace(file, content=b"")  # refused where the two are compared
    content = edits.apply(file.edit or {}, _base(file, now, manifest, store), file.dest)
    if now.kind == "absent":
        return replace(file, content=content)
    mode = file.mode if file.sets_mode else now.mode
    return replace(file, content=content, owner=now.owner, group=now.group, mode=mode)


def _base(file: FileSpec, now: Found, manifest: dict[str, Any] | None, store: Store) -> bytes:
    """Return what the edit is made on: the file as it is, without what the last run wanted and this one does not."""
    content = now.content or b""
    last = next((entry for entry in (manifest or {}).get("files", []) if entry["dest"] == file.dest), None)
    if manifest is None or last is None or last.get("edit") == file.edit:
        return content
    original = manifest.get("originals", {}).get(file.dest)
    if original is None:
        return content
    before = store.original_content(manifest["component"], original) or b""
    return edits.revert(last["edit"], content, before, file.dest) if last.get("edit") else before


def before(entry: dict[str, Any], manifest: dict[str, Any], store: Store) -> FileSpec | None:
    """Turn an entry of a manifest into the file as it is now, without the edit; None where there is nothing to undo."""
    original = manifest.get("originals", {}).get(entry["dest"])
    now = host.observe(entry["dest"])
    if original is None or now.content is None:
        return None
    kept = store.original_content(manifest["component"], original) or b""
    content = edits.revert(entry["edit"], now.content, kept, entry["dest"])
    gone = original["kind"] == "absent" and not content.strip()
    ours = entry["mode"] is not None and now.mode == int(entry["mode"], 8) and original["kind"] == "file"
    return FileSpec(
        entry["dest"],
        state="absent" if gone else "file",
        content=None if gone else content,
        owner=now.owner,
        group=now.group,
        mode=int(original["mode"], 8) if ours else now.mode,
        on_change=entry["on_change"],
        units=tuple(entry["units"]),
        secret=True,
    )
