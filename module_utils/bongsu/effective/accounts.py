"""Accounts that somebody should look at, by name. They are told of, and never touched.

``uid-zero`` has those that are root under whatever name. ``empty-passwords``, ``shared-ids`` and ``open-homes`` (others
can write there, or own the place) have ``none`` where there are none, and so has ``unused-for-N-days``: accounts with a
shell and a password that has not been changed for so long, and that nobody has logged in to since.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .. import controls
from ..errors import BongsuError

PASSWD, SHADOW = Path("/etc/passwd"), Path("/etc/shadow")
LASTLOG, LASTLOG2 = Path("/var/log/lastlog"), Path("/var/lib/lastlog/lastlog2.db")
_RECORD = struct.Struct("=i32s256s")  # struct lastlog: when, terminal, host; one for each user id
_UNUSED = re.compile(r"unused-for-(\d+)-days")
_DAY = 86400.0
_NO_SHELLS = ("nologin", "false", "sync")


@dataclass(frozen=True)
class Account:
    """One line of /etc/passwd, with its password's hash (empty: none is asked for) and the day it was last changed."""

    name: str
    uid: int
    home: str
    shell: str
    password: str
    changed: float | None  # seconds since 1970

    @property
    def has_shell(self) -> bool:
        """Tell whether somebody can work under this account."""
        return os.path.basename(self.shell) not in _NO_SHELLS

    @property
    def has_password(self) -> bool:
        """Tell whether some password opens it."""
        return not self.password.startswith(("!", "*"))


LastLogins = Callable[[Sequence[Account]], "dict[str, float] | None"]


def look(names: Collection[str]) -> controls.Found:
    """Read the files of accounts, and what the host keeps of logins."""
    try:
        known = read(*(path.read_text(encoding="utf-8", errors="replace") for path in (PASSWD, SHADOW)))
        return judge(names, known, is_open, last_logins, time.time())
    except OSError as error:
        raise BongsuError(f"the host's accounts: {error}") from error


def read(passwd: str, shadow: str) -> list[Account]:
    """Read the two files; a line that is none is left out."""
    hashes = {fields[0]: fields for line in shadow.splitlines() if len(fields := line.split(":")) > 2}
    known = []
    for line in passwd.splitlines():
        fields = line.split(":")
        if len(fields) < 7 or not fields[2].isdigit():
            continue
        _, password, day = hashes.get(fields[0], ["", "*", ""])[:3]
        password = password if fields[1] == "x" else fields[1]
        changed = float(day) * _DAY if day.isdigit() else None
        known.append(Account(fields[0], int(fields[2]), fields[5], fields[6], password, changed))
    return known


def judge(
    names: Collection[str], known: Sequence[Account], is_open: Callable[[Account], bool], last: LastLogins, now: float
) -> controls.Found:
    """Return the accounts of each kind."""
    found: dict[str, list[str] | controls.Unavailable | controls.Unknown] = {}
    shared = {uid for uid, times in Counter(one.uid for one in known).items() if times > 1}
    twice = {name for name, times in Counter(one.name for one in known).items() if times > 1}
    found["uid-zero"] = _names([one for one in known if one.uid == 0])
    found["empty-passwords"] = _names([one for one in known if not one.password])
    found["shared-ids"] = _names([one for one in known if one.uid in shared or one.name in twice])
    found["open-homes"] = _names([one for one in known if one.has_shell and is_open(one)])
    for name in names:
        if days := _UNUSED.fullmatch(name):
            found[name] = _unused(known, last, now - int(days[1]) * _DAY)
    return found


def _unused(known: Sequence[Account], last: LastLogins, since: float) -> list[str] | controls.Unavailable:
    old = [
        one for one in known if one.has_shell and one.has_password and one.changed is not None and one.changed < since
    ]
    logins = last(old)
    if logins is None:
        return controls.Unavailable("cannot be known: the host keeps no record of logins (package libpam-lastlog2)")
    return _names([one for one in old if logins.get(one.name, 0.0) < since])


def _names(found: Sequence[Account]) -> list[str]:
    return sorted({one.name for one in found}) or ["none"]


def is_open(one: Account) -> bool:
    """Tell whether others can write to an account's home, or it belongs to another user than its own or root."""
    try:
        status = os.stat(one.home)
    except OSError:
        return False
    return bool(status.st_mode & stat.S_IWOTH) or status.st_uid not in (0, one.uid)


def last_logins(known: Sequence[Account]) -> dict[str, float] | None:
    """Return when each account was last logged in to, in seconds since 1970; None where the host keeps no record."""
    if LASTLOG2.exists():
        import sqlite3  # most hosts do without

        try:
            with closing(sqlite3.connect(f"file:{LASTLOG2}?mode=ro", uri=True)) as database:
                return {str(name): float(when) for name, when in database.execute("SELECT Name, Time FROM Lastlog2")}
        except sqlite3.Error as error:
            raise BongsuError(f"{LASTLOG2}: {error}") from error
    if not os.path.exists("/usr/bin/lastlog"):  # Debian 13 has an empty file left, and nothing that writes it
        return None
    return _old_records(known)


def _old_records(known: Sequence[Account]) -> dict[str, float]:
    found = {}
    with open(LASTLOG, "rb") as stream:
        for one in known:
            stream.seek(one.uid * _RECORD.size)
            record = stream.read(_RECORD.size)
            if len(record) == _RECORD.size:
                found[one.name] = float(_RECORD.unpack(record)[0])
    return found
