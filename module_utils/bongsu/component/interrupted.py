"""Finish what an interrupted dpkg has left: packages that are not configured, half removed, or torn.

A package is torn in whose unpacking dpkg was cut off (its flag `reinstreq`). Dpkg neither configures nor removes it;
apt's --fix-broken passes it over, and apt refuses all work while it cannot fetch it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from .. import host
from ..errors import BongsuError
from . import apt, fetched
from .packages import parse_removal

FRONTEND_LOCK = Path("/var/lib/dpkg/lock-frontend")  # apt-get and dpkg hold it while they change packages
_POLL = 0.2  # seconds


def finish(going: Collection[str] = ()) -> None:
    """Wait for any other dpkg at work, and have dpkg finish what was interrupted; raise BongsuError where it cannot.

    ``going`` names packages that are to go anyway: one of them that cannot be made whole is dropped.
    """
    wait_for_others()
    if not apt.read_status().unfinished:
        return
    # Where a dependency has not come yet, dpkg alone cannot finish, and apt can.
    _dpkg("--configure", "-a", "--force-confdef", "--force-confold")
    trouble = None
    if torn := apt.read_status().torn:
        trouble = _make_whole(torn, going)
    try:
        _fix_broken(going)  # of what cannot be had in its version any more, apt may have a newer one
    except BongsuError as error:
        trouble = trouble or error
        if not apt.read_status().torn:
            raise
    if left := apt.read_status().torn:
        raise BongsuError(
            f"dpkg was cut off while it unpacked {', '.join(sorted(left))}, and apt cannot install that again:\n"
            f"{trouble}\nGive apt a repository that has it, and run this again."
        )


def _make_whole(torn: Mapping[str, str], going: Collection[str]) -> BongsuError | None:
    """Install torn packages again in their versions; return what apt says where it cannot.

    It does nothing while it lacks one of them: those that are ``going`` are dropped then, and the others tried alone.
    """
    automatic, held = torn.keys() - apt.asked_for(torn), apt.read_status().held.intersection(torn)
    trouble = None
    try:
        fetched.install(torn)
    except BongsuError as error:
        trouble = error
        for name in sorted(apt.read_status().torn.keys() & {*going}):
            # What needs it goes as well, or back to a version that does not.
            _dpkg("--remove", "--force-remove-reinstreq", "--force-depends", name)
            _sweep(name)
        if left := {name: version for name, version in apt.read_status().torn.items() if name not in going}:
            with suppress(BongsuError):
                fetched.install(left)
    apt.mark_automatic(automatic)
    apt.hold(sorted(held.intersection(apt.read_status().versions)))
    return trouble


def _sweep(name: str) -> None:
    """Remove the half of a dropped package that dpkg had begun to unpack, and has never written down.

    What it was about to unpack, it leaves beside its status until the next time.
    """
    beside = apt.DPKG_STATUS.with_name("tmp.ci")
    try:
        if f"Package: {name}\n" not in (beside / "control").read_text(encoding="utf-8"):
            return
        files = {f"/{path}" for line in apt.lines(beside / "md5sums") if (path := line.partition("  ")[2])}
        files.update(apt.lines(beside / "conffiles"))
        owned = {line for known in apt.DPKG_STATUS.with_name("info").glob("*.list") for line in apt.lines(known)}
    except (OSError, ValueError):  # a power cut has left half of it
        return
    for path in files:
        with suppress(OSError):
            os.unlink(f"{path}.dpkg-new")
    for directory in sorted({str(parent) for path in files for parent in Path(path).parents} - owned, reverse=True):
        with suppress(OSError):  # something else is in it
            os.rmdir(directory)


def _fix_broken(going: Collection[str]) -> None:
    """Have apt bring what is missing; what is neither ``going`` nor half gone stays."""
    more = parse_removal(apt.get("--simulate", "--fix-broken", "install")) - apt.read_status().halfway - {*going}
    if more:
        raise BongsuError(
            f"to finish what was interrupted, apt would remove {', '.join(sorted(more))}: give it a repository "
            "that has what they need, or take them away yourself"
        )
    apt.get("--fix-broken", "install")


def _dpkg(*arguments: str) -> None:
    host.run(["dpkg", *arguments], timeout=apt.APT_SECONDS)


def wait_for_others() -> None:
    """Wait until nothing else changes packages: apt-get goes on when the run that started it is killed."""
    try:
        descriptor = os.open(FRONTEND_LOCK, os.O_RDWR)
    except FileNotFoundError:  # no dpkg has ever been at work
        return
    end = time.monotonic() + apt.LOCK_SECONDS
    try:
        while True:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > end:
                    raise apt.BusyError(
                        f"another dpkg has been at work for {apt.LOCK_SECONDS:g} s; let it end"
                    ) from None
                time.sleep(_POLL)
            else:
                return
    finally:
        os.close(descriptor)
