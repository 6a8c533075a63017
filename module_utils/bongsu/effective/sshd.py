"""What sshd's configuration comes to, whatever file says it."""

from __future__ import annotations

from collections.abc import Collection

from .. import host
from ..controls import Found, words

PROGRAM = "/usr/sbin/sshd"
# Whom sshd is asked about: a name that no account can have, from nowhere (an address for documentation), so that no
# Match block counts but those for everybody.
COMMAND = (PROGRAM, "-T", "-C", "user=:nobody,host=nowhere.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22")


def look(_names: Collection[str]) -> Found:
    """Ask sshd itself, once for all."""
    return read(host.ask(COMMAND))


def read(text: str) -> Found:
    """Read what ``sshd -T`` prints: one setting a line, some several times."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        if name:
            found.setdefault(name.lower(), []).extend(words(value))
    return found
