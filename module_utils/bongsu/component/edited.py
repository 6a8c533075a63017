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
    last = next((entry for entry in (manifest or {}).get("files", []) if entry["dest"] == file.dest), None)
    was = (manifest or {}).get("originals", {}).get(file.dest) if last else None
    kept = b"" if manifest is None or was is None else store.original_content(manifest["component"], was) or b""
    if now.kind == "file":
        base, owner, group, mode = now.content or b"", now.owner, now.group, now.mode
        if (
            last and was and last.get("edit") != file.edit
        ):  # what the last run wanted, and this one does not, goes first
            base = edits.revert(last["edit"], base, kept, file.dest) if last.get("edit") else kept
    elif was and was["kind"] == "file":  # somebody has taken it away since
        base, owner, group, mode = kept, was["owner"], was["group"], int(was["mode"], 8)
    else:
        base, owner, group, mode = b"", file.owner, file.group, file.mode
    content = edits.apply(file.edit or {}, base, file.dest) if now.kind in ("file", "absent") or was else b""
    mode = file.mode if file.sets_mode else mode
    return replace(file, content=content, owner=owner, group=group, mode=mode)


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
