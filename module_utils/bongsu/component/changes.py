"""One path: how it was found, and what must be done to make it what is wanted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BongsuError
from .spec import FileSpec


@dataclass(frozen=True)
class Found:
    """A path as found: ``kind`` is absent, file, directory, link or other; ``changed_at`` seconds since the epoch."""

    kind: str
    content: bytes | None = None
    owner: str = ""
    group: str = ""
    mode: int = 0
    changed_at: float = 0.0
    target: str | None = None  # of a link


@dataclass(frozen=True)
class Change:
    """One path to change.

    ``verb`` is create, replace, adjust (owner, group, mode only), remove, displace (remove, and keep a copy) or unmake
    (remove a directory if nothing is left in it).
    """

    verb: str
    file: FileSpec
    found: Found


def change_for(file: FileSpec, now: Found, ours: frozenset[str]) -> Change | None:
    """Compare one path; ``ours`` has the paths that bongsu placed: only there may another kind of thing be replaced."""
    if file.state in ("absent", "unmade"):
        return removal_of(file, now)
    if now.kind == "absent":
        return Change("create", file, now)
    if now.kind != file.state:
        if file.dest in ours:  # somebody has put it in the place of ours since
            return Change("replace", file, now)
        raise BongsuError(
            f"{file.dest} is a {now.kind}, and the component wants a {file.state} there; "
            f"look at it with 'ls -ld {file.dest}' and move it away"
        )
    if file.state == "link":
        return (
            None if file.content is not None and now.target == file.content.decode() else Change("replace", file, now)
        )
    if now.content != file.content:
        return Change("replace", file, now)
    if (now.owner, now.group, now.mode) != (file.owner, file.group, file.mode):
        return Change("adjust", file, now)
    return None


def removal_of(file: FileSpec, now: Found) -> Change | None:
    """Plan the removal of a path that may already be gone."""
    if now.kind == "absent":
        return None
    if file.state == "unmade":
        return Change("unmake", file, now) if now.kind == "directory" else None
    if now.kind == "directory":
        raise BongsuError(f"{file.dest} is a directory; bongsu removes only files: empty it and remove it by hand")
    return Change("remove", file, now)


def diff_of(change: Change) -> list[dict[str, str]]:
    """Show a change in Ansible's form: content, then owner, group and mode."""
    file, now = change.file, change.found
    entries = []
    if change.verb in ("create", "replace", "remove", "displace") and file.state != "directory":
        before, after = _text(now), "" if file.content is None else file.content.decode(errors="replace")
        if file.secret:
            before, after = before and "(secret)\n", after and "(another secret)\n"
        entries.append({"before_header": file.dest, "after_header": file.dest, "before": before, "after": after})
    if file.state in ("file", "directory") and (now.kind != "absent" or file.state == "directory"):
        was = "" if now.kind == "absent" else f"{now.owner}:{now.group} {now.mode:04o}\n"
        wanted = f"{file.owner}:{file.group} {file.mode:04o}\n"
        if was != wanted:
            header = f"{file.dest} (owner:group mode)"
            entries.append({"before_header": header, "after_header": header, "before": was, "after": wanted})
    return entries


def _text(found: Found) -> str:
    if found.kind == "link":
        return f"(a link to {found.target})\n"
    return "" if found.content is None else found.content.decode(errors="replace")
