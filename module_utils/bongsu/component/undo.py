"""Undo what a journal tells of: in the run that failed, in the next one, by the dead man's switch, or at boot."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import host
from ..errors import BongsuError
from . import apt, apt_hook, toolkit, undo_packages, undo_units, unfinished
from .changes import Found
from .manifest import to_bytes
from .store import Store

_NOTHING = {"kind": "absent", "backup": None, "displaced": None}


def exists(directory: Path) -> bool:
    """Tell whether a run was interrupted here, or waits to be confirmed."""
    return (directory / "journal.json").exists()


def waits(directory: Path) -> bool:
    """Tell whether the run here has ended well and still has time to be confirmed."""
    confirm = json.loads((directory / "journal.json").read_text())["confirm"]
    return confirm is not None and host.clock() < confirm["until"]


def undo(directory: Path, *, booting: bool = False) -> list[str]:
    """Put packages, paths and touched units back as before; list what could not be put back, empty when all was.

    A removal of which only packages are left is ended instead, since nobody has kept them.
    The journal stays while a path could not be put back, as its old content must not be lost; and where somebody else's
    dpkg was in the way, the packages' part of it, for the next one to come. While the host is ``booting`` nothing waits
    for a unit, since units wait for this. Undoing that was cut off is simply done again.
    """
    entry = json.loads((directory / "journal.json").read_text())
    if entry.get("leaving"):  # a journal of an earlier version does not say so
        return _see_through(directory, entry)
    entry["packages"] = apt_hook.resolved(directory, entry["packages"])
    systemctl = undo_units.Systemctl(booting=booting)
    units = entry["units"] if entry["acting"] else []
    try:
        states = undo_units.ask([unit["name"] for unit in units])
    except BongsuError as error:  # without systemd nothing is done by halves: the next one to come does it
        return [str(error)]
    if entry.get("alone"):
        unfinished.arm(Store(str(directory.parents[1])))  # what runs at boot goes with the rest
    undo_units.silence(systemctl, units, states)  # while what defines them is still there
    # What came with the packages is theirs as long as they are here, and else it was not there before.
    came = [kept for kept in entry["paths"] if kept.get("came")]
    gone = undo_packages.are_back(entry["packages"])
    theirs = [kept for kept in reversed(entry["paths"]) if not (gone and kept in came)]
    paths = [trouble for kept in theirs for trouble in _try_to_restore(directory, kept)]
    if entry["daemon_reload"]:
        systemctl("daemon-reload")
    packages, busy = undo_packages.restore(entry["packages"])
    if undo_packages.are_back(entry["packages"]):
        paths += [trouble for kept in came for trouble in _try_to_restore(directory, kept | _NOTHING)]
    replaced = bool(entry["packages"].get("replaced"))
    for unit in entry["units"] if replaced else units:
        undo_units.revive(systemctl, unit, replaced=replaced)
    if entry["policy"] is not None:
        paths += _try_to_restore(directory, entry["policy"])
    packages += undo_packages.give_back(entry["packages"].get("gone", {}))  # whose services may start again by now
    if entry["manifest"] is not None:
        paths += _try_to_restore(directory, entry["manifest"])
    if systemctl.troubles:
        _distrust(directory, entry)
    if packages:
        _doubt(directory, entry, packages)
        if replaced and not entry["units"]:  # cut off before they were looked at: they run what they began with
            undo_units.renew(systemctl, _running(directory, entry))
    with suppress(OSError, BongsuError):  # figures for node_exporter: nothing that a host's state depends on
        Store(str(directory.parents[1])).export_units()
    host.flush([kept["dest"] for kept in (*entry["paths"], entry["policy"], entry["manifest"]) if kept is not None])
    if busy and not paths:
        _leave_the_packages(directory, entry)
    elif not paths:
        close(directory)
    return paths + systemctl.troubles + packages


def is_leaving(directory: Path) -> bool:
    """Tell whether a removal was cut off here that can only go on."""
    return bool(json.loads((directory / "journal.json").read_text()).get("leaving"))


def _see_through(directory: Path, entry: dict[str, Any]) -> list[str]:
    """End a removal: paths and units are as before; what is left are packages, and what is kept of the component."""
    from . import removal  # which undoes, too

    try:
        removal.complete(entry["component"], Store(str(directory.parents[1])))
    except (BongsuError, OSError) as error:
        return [str(error)]
    close(directory)
    return []


def close(directory: Path) -> None:
    """Forget a journal: what it tells of is committed, undone or seen through."""
    (directory / "journal.json").unlink()
    host.sync([str(directory)])
    discard(directory)


def discard(directory: Path) -> None:
    """Remove what is left of a journal that is closed, or was cut off before anything was touched."""
    if directory.name == toolkit.NAME:
        unfinished.disarm()
    host.remove_tree(directory)


def restore(directory: Path, kept: dict[str, Any]) -> None:
    """Make a path what it was; raise OSError or BongsuError where that cannot be."""
    dest, displaced = kept["dest"], kept.get("displaced")
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(host.staged_path(dest))
    if displaced and kept["backup"] is None:
        if os.path.lexists(displaced):
            _make_room(dest)
            host.move(displaced, dest)
    elif kept["kind"] == "absent":
        _vanish(dest)
    elif kept["kind"] == "link":
        if host.observe(dest).target != kept["target"]:
            _make_room(dest)
            os.symlink(kept["target"], dest)
    elif kept["kind"] == "directory":
        os.makedirs(dest, exist_ok=True)
        os.chown(dest, *host.owner_ids(kept["owner"], kept["group"]))
        os.chmod(dest, kept["mode"])
    elif kept["backup"] is not None:
        _restore_file(directory, kept)
        if displaced:
            Path(displaced).unlink(missing_ok=True)


def _restore_file(directory: Path, kept: dict[str, Any]) -> None:
    """Put a file's old content, owner, group, mode and time of change back, unless it has them."""
    dest, content = kept["dest"], (directory / kept["backup"]).read_bytes()
    was = Found("file", content, kept["owner"], kept["group"], kept["mode"], kept["changed_at"])
    if host.observe(dest) == was:
        return
    if os.path.isdir(dest) and not os.path.islink(dest):
        _make_room(dest)
    host.replace(dest, content, mode=kept["mode"], owner=kept["owner"], group=kept["group"])
    os.utime(dest, (kept["changed_at"], kept["changed_at"]))


def _try_to_restore(directory: Path, kept: dict[str, Any]) -> list[str]:
    try:
        restore(directory, kept)
    except (OSError, BongsuError) as error:
        return [f"{kept['dest']}: {getattr(error, 'strerror', None) or error}"]
    return []


def _make_room(dest: str) -> None:
    _vanish(dest)
    if os.path.lexists(dest):
        raise BongsuError("something was put into what took its place; move that away")


def _vanish(dest: str) -> None:
    if os.path.isdir(dest) and not os.path.islink(dest):
        with suppress(OSError):  # something else put a file in it meanwhile: that file is not ours to delete
            os.rmdir(dest)
    else:
        Path(dest).unlink(missing_ok=True)


def _distrust(directory: Path, entry: dict[str, Any]) -> None:
    """Make the next run act on the units: nobody knows any more what the running ones have read."""
    manifest = directory.parents[1] / "components" / f"{entry['component']}.json"
    if manifest.exists():
        host.replace(str(manifest), to_bytes(json.loads(manifest.read_text()) | {"running": {}}), mode=0o644)
    for kept in entry["paths"]:
        with suppress(OSError):
            os.utime(kept["dest"], follow_symlinks=False)


def _leave_the_packages(directory: Path, entry: dict[str, Any]) -> None:
    """Keep of a journal what is left to do: what has been put back is by the next time for others to change."""
    done: dict[str, Any] = {"paths": [], "units": [], "policy": None, "manifest": None, "confirm": None}
    left = {**entry, **done, "daemon_reload": False, "acting": False}
    host.replace(str(directory / "journal.json"), json.dumps(left, indent=1).encode(), mode=0o600)


def _running(directory: Path, entry: dict[str, Any]) -> list[str]:
    """Name the units that the component was last seen healthy with."""
    manifest = directory.parents[1] / "components" / f"{entry['component']}.json"
    units = json.loads(manifest.read_text())["units"] if manifest.exists() else []
    return [unit["name"] for unit in units if unit["started"]]


def _doubt(directory: Path, entry: dict[str, Any], troubles: list[str]) -> None:
    """Note that other packages are here than the component was last seen healthy with, and which of them it brought."""
    manifest = directory.parents[1] / "components" / f"{entry['component']}.json"
    if manifest.exists():
        last = json.loads(manifest.read_text())
        brought = {*last.get("brought", []), *apt.read_status().versions.keys() & {*entry["packages"]["new"]}}
        doubtful = last | {"brought": sorted(brought), "doubtful": "; ".join(troubles)}
        host.replace(str(manifest), to_bytes(doubtful), mode=0o644)
