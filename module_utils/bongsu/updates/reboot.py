"""Reboot this host when it must, within its window, and only while nobody is hurt by it."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import sys
import time
from pathlib import Path

from .. import host
from ..component import store
from ..errors import BongsuError
from . import look, peers, report, settings
from .window import Window

DPKG_LOCK = Path("/var/lib/dpkg/lock-frontend")
TERMINALS = Path("/dev/pts")
STATE = Path(store.DEFAULT)
IDLE = 15 * 60.0  # seconds without a key pressed, after which nobody works at a terminal
_PAUSE = 5.0  # seconds between two looks within the window
_TURN = 30.0  # seconds within which a host that reboots no longer answers its peers


def main(*, dry_run: bool) -> int:
    """Reboot, or say why not; what is in the way may go away until the window closes."""
    known = settings.load()
    if known is None:
        raise BongsuError(f"{settings.PATH} is not there; the role security_updates writes it")
    wanted = look.reboot()
    if wanted is None:
        return _leave("no reboot is needed", None)
    if not known.reboot:
        return _leave(f"must reboot for {wanted.why}, and is told not to do so by itself", None)
    closes = known.window.closes(_now())
    if closes is None:
        return _leave(f"must reboot for {wanted.why}, outside of its window; {_next(known.window)}", None)
    if not wanted.helps:
        why = "the last boot did not take the new kernel: the boot loader chooses another"
    elif dry_run:
        why = obstacle(known)
    else:
        why = _wait(known, closes)
    if why:
        return _leave(f"must reboot for {wanted.why}, and does not: {why}", None if dry_run else why)
    _say(f"{'would reboot' if dry_run else 'reboots'} for {wanted.why}")
    if not dry_run:
        _reboot()
    return 0


def _wait(known: settings.Settings, closes: dt.datetime) -> str:
    """Wait until nothing is in the way, and return what still is shortly before the window closes."""
    told = ""
    while (why := _in_turn(known)) and _now() + dt.timedelta(seconds=_PAUSE) < closes:
        if why != told:
            _say(f"waits until {closes:%H:%M} UTC: {why}")
            told = why
        time.sleep(_PAUSE)
    return why


def _in_turn(known: settings.Settings) -> str:
    """Say what is in the way, after the peers that go first have had the time to be it.

    Hosts that share a window, for once, see each other well at the same second.
    """
    why = obstacle(known)
    if why or not known.turn:
        return why
    time.sleep(known.turn * _TURN)
    return obstacle(known)


def obstacle(known: settings.Settings) -> str:
    """Say what is in the way of a reboot; empty when nothing is."""
    if _locked(DPKG_LOCK):
        return "packages are being installed"
    if _locked(STATE / "lock") or any((STATE / "journal").glob("*")):
        return "a run of bongsu is changing this host, or waits to be confirmed"
    if at_work := _at_work(time.time()):
        return f"somebody works at {at_work}"
    return "; ".join(peers.unwell(known.peers))


def _reboot() -> None:
    host.ask(["systemctl", "reboot"])


def _leave(words: str, refused: str | None) -> int:
    _say(words)
    if refused is not None:
        store.export(look.REFUSED, report.refused(refused))
    return 0


def _say(line: str) -> None:
    """Print at once: the journal has it before the host goes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _locked(path: Path) -> bool:
    """Say whether another process holds a lock of either kind: dpkg's is fcntl's, bongsu's flock's."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _at_work(now: float) -> str:
    """Name a terminal at which a key was pressed a short while ago; the kernel notes that as its time of access."""
    for terminal in sorted(TERMINALS.glob("[0-9]*")):
        try:
            if now - terminal.stat().st_atime < IDLE:
                return str(terminal)
        except FileNotFoundError:
            continue
    return ""


def _next(window: Window) -> str:
    opens = window.next_opening(_now())
    return f"the next opens {opens:%Y-%m-%d %H:%M} UTC" if opens else "it has none"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
