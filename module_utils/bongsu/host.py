"""The one place that touches a managed host's disk and runs its commands."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .component.changes import Found
from .component.units import PROPERTIES, UnitState, parse_show
from .errors import BongsuError

OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True)
class Output:
    """How a command ended: its exit status, and standard output and error as one text."""

    status: int
    text: str


def release() -> str:
    """Give the number of the host's Debian release; empty where it has none, as testing."""
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_ID=")), "")


def clock() -> float:
    """Seconds since boot, sleep included: a clock that nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def run(argv: Sequence[str], timeout: float = 120.0, env: dict[str, str] | None = None) -> Output:
    """Run a command without a shell, in the C.UTF-8 locale; ``timeout`` is in seconds. Never raises for its failure."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "", **(env or {})}
    try:
        done = subprocess.run(
            list(argv),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return Output(124, f"gave no answer within {timeout:g} s")
    except OSError as error:
        return Output(127, f"{argv[0]}: {error.strerror}")
    return Output(done.returncode, done.stdout.decode(errors="replace").strip())


def ask(argv: Sequence[str], **how: Any) -> str:
    """Return what a command prints, run as by `run`; BongsuError in its own words where it fails."""
    output = run(argv, **how)
    if output.status != 0:
        raise BongsuError(f"{' '.join(argv)}: {output.text}")
    return output.text


def observe(path: str) -> Found:
    """Read a path's kind, content, owner, group, mode and time of change, without following a link."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return Found("absent")
    kind = _kind(status.st_mode)
    return Found(
        kind=kind,
        content=Path(path).read_bytes() if kind == "file" else None,
        target=os.readlink(path) if kind == "link" else None,
        owner=_name_of(status.st_uid, lambda number: pwd.getpwuid(number).pw_name),
        group=_name_of(status.st_gid, lambda number: grp.getgrgid(number).gr_name),
        mode=stat.S_IMODE(status.st_mode),
        changed_at=status.st_mtime,
    )


def _kind(mode: int) -> str:
    tests = {"file": stat.S_ISREG, "directory": stat.S_ISDIR, "link": stat.S_ISLNK}
    return next((kind for kind, test in tests.items() if test(mode)), "other")


def _name_of(number: int, look_up: Callable[[int], str]) -> str:
    try:
        return look_up(number)
    except KeyError:
        return str(number)


def owner_ids(owner: str, group: str) -> tuple[int, int]:
    """Turn names (or numbers written as text) into a user id and a group id."""
    try:
        user_id = int(owner) if owner.isdigit() else pwd.getpwnam(owner).pw_uid
    except KeyError:
        raise BongsuError(f"owner: this host has no user '{owner}'; name the package or task that makes it") from None
    try:
        group_id = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise BongsuError(f"group: this host has no group '{group}'; name the package or task that makes it") from None
    return user_id, group_id


def write_new(path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
    """Write a new file in the place of any that is there; sync() flushes it to the disk."""
    user_id, group_id = owner_ids(owner, group)
    with suppress(FileNotFoundError):
        os.unlink(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileNotFoundError:
        parent = os.path.dirname(path)
        raise BongsuError(f"{parent} does not exist; list it before its files, with state: directory") from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fchown(descriptor, user_id, group_id)
        os.fchmod(descriptor, mode)


def replace(path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
    """Put content at a path in one atomic step that survives a power cut."""
    staged = staged_path(path)
    write_new(staged, content, mode=mode, owner=owner, group=group)
    sync([staged])
    os.rename(staged, path)
    sync([os.path.dirname(path)])


def staged_path(path: str) -> str:
    """Name the hidden neighbour in which new content waits; its ending keeps it out of ``*.conf`` globs."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.bongsu-new")


def sync(paths: Sequence[str]) -> None:
    """Flush files, or directories' entries, to the disk; many written together cost little more than one."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def flush(paths: Sequence[str]) -> None:
    """Have what was done at these paths outlast a power cut: content, owner and mode, and whether they are there."""
    places = {*paths, *map(os.path.dirname, paths)}
    sync(sorted(path for path in places if not os.path.islink(path) and (os.path.isfile(path) or os.path.isdir(path))))


def unit_states(names: Sequence[str]) -> dict[str, UnitState]:
    """Ask systemd once for the state of every unit named."""
    if not names:
        return {}
    argv = ["systemctl", "show", "--timestamp=us+utc", f"--property={PROPERTIES}", *names]
    output = run(argv)
    if output.status != 0:
        raise BongsuError(f"{' '.join(argv)}: {output.text}; is systemd running on this host?")
    return parse_show(list(names), output.text)


def remove_tree(path: Path) -> None:
    """Remove a directory of bongsu's own and all that is in it, as far as it is there."""
    import shutil  # it loads every way of compression there is, for what runs with nothing to do never need

    shutil.rmtree(path, ignore_errors=True)


def remove_at_once(path: Path) -> None:
    """Remove a directory that is used as a whole: whoever is cut off here leaves all of it, or nothing by its name."""
    going = path.with_name(f".{path.name}.going")
    remove_tree(going)
    with suppress(FileNotFoundError):
        os.rename(path, going)
        remove_tree(going)


def move(path: str, place: str) -> None:
    """Move whatever is at a path to another place, on another file system too.

    A power cut leaves a file or a link at the one place or the other, whole.
    """
    try:
        os.rename(path, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        import shutil  # see above

        if os.path.isdir(path) and not os.path.islink(path):  # of a lower layer, which an overlay does not rename
            shutil.move(path, place)
            return
        staged = staged_path(place)
        try:
            _copy(path, staged)
            os.rename(staged, place)
        except OSError:
            with suppress(FileNotFoundError):
                os.unlink(staged)
            raise
        flush([place])
        os.unlink(path)


def _copy(path: str, place: str) -> None:
    """Copy a file or a link with owner, mode and times; nobody else can read it meanwhile."""
    import shutil  # see above

    was = os.lstat(path)
    if stat.S_ISLNK(was.st_mode):
        os.symlink(os.readlink(path), place)
    else:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        shutil.copyfile(path, place)
    os.chown(place, was.st_uid, was.st_gid, follow_symlinks=False)
    shutil.copystat(path, place, follow_symlinks=False)  # after the owner, whose change takes setuid away
    flush([place])
