"""Who could no longer log in by SSH once sshd's settings are others: accounts held against both. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .controls import words

_NO_SHELL = ("nologin", "false", "sync", "halt", "shutdown")
_ACCEPTED = re.compile(r"Accepted (password|keyboard-interactive/pam) for (\S+) from ")
Settings = Mapping[str, Sequence[str]]  # as sshd says them: lower-case name -> words


@dataclass(frozen=True)
class Account:
    """One user of the host; ``keys`` tells whether he has one, ``passwords`` how often one was taken of late."""

    name: str
    groups: frozenset[str]
    has_shell: bool
    has_password: bool
    keys: bool
    passwords: int = 0


def accounts(passwd: str, shadow: str, group: str, keys: Mapping[str, bool], journal: str) -> list[Account]:
    """Read Debian's account files; ``keys`` says of each home's user whether keys of his are there."""
    secrets = {name: rest[0] for name, *rest in _fields(shadow) if rest}
    members = {fields[0]: (fields[2], set(fields[3].split(","))) for fields in _fields(group) if len(fields) > 3}
    used: dict[str, int] = {}
    for found in _ACCEPTED.finditer(journal):
        used[found[2]] = used.get(found[2], 0) + 1
    return [
        Account(
            name,
            frozenset(other for other, (number, listed) in members.items() if number == gid or name in listed),
            has_shell=shell.rpartition("/")[2] not in _NO_SHELL,
            has_password=_usable(secrets.get(name, "!")),
            keys=keys.get(name, False),
            passwords=used.get(name, 0),
        )
        for name, _, _, gid, _, _, shell in (fields for fields in _fields(passwd) if len(fields) == 7)
    ]


def wanted(now: Settings, sets: Mapping[str, object]) -> dict[str, Sequence[str]]:
    """Return the settings as they will be: those of now, and over them what is to be set, or added (``+``)."""
    later = {}
    for name, value in sets.items():
        given = value if isinstance(value, list) else [value]
        listed = [word for one in given for word in words(str(one).lstrip("+"))]
        kept = now.get(name.lower(), ()) if str(value).startswith("+") else ()
        later[name.lower()] = [*kept, *listed]
    return {**now, **later}


def losses(everybody: Iterable[Account], now: Settings, then: Settings) -> Iterator[str]:
    """Yield a sentence, with its cure, for each user who will be able to log in no longer, or only in another way."""
    for account in sorted(everybody, key=lambda one: one.name):
        before, after = ways(account, now), ways(account, then)
        if before and not after:
            yield f"user '{account.name}' could no longer log in: {_why(account, then)}"
        elif "password" in before - after and account.passwords:
            times = "once" if account.passwords == 1 else f"{account.passwords} times"
            yield (
                f"user '{account.name}' has logged in with a password of late ({times} in 30 days), "
                "and could only do so with a key"
            )


def ways(account: Account, settings: Settings) -> set[str]:
    """Return how a user may log in: with a ``password``, with a ``key``, both or neither."""
    if not account.has_shell or not _listed(account, settings):
        return set()
    found = set()
    root = _word(settings, "permitrootlogin") if account.name == "root" else "yes"
    if root == "no":
        return set()
    asks = "yes" in (_word(settings, "passwordauthentication"), _word(settings, "kbdinteractiveauthentication"))
    if account.has_password and asks and root == "yes":
        found.add("password")
    if account.keys and _word(settings, "pubkeyauthentication") != "no":
        found.add("key")
    return found


def _listed(account: Account, settings: Settings) -> bool:
    """Tell whether sshd's lists let a user in; a host in a pattern is not looked at."""
    users, groups = settings.get("allowusers", ()), settings.get("allowgroups", ())
    if _denied(account, settings) or (users and not _named(users, [account.name])):
        return False
    return not groups or _named(groups, account.groups)


def _denied(account: Account, settings: Settings) -> bool:
    users, groups = settings.get("denyusers", ()), settings.get("denygroups", ())
    return _named(users, [account.name]) or _named(groups, account.groups)


def _named(patterns: Sequence[str], names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.partition("@")[0]) for pattern in patterns for name in names)


def _why(account: Account, then: Settings) -> str:
    if account.name == "root" and _word(then, "permitrootlogin") == "no":
        return "root may not log in then; set ssh_server_root_login to prohibit-password, or use another user"
    if _denied(account, then):
        return "it is on a list of who may not (DenyUsers, DenyGroups); take it off, or waive ssh.daemons"
    if not _listed(account, then):
        return "it is not on the list of who may; add it to ssh_server_allow_users, or to a group that is allowed"
    return "it has a password and no key, and passwords are taken no more; give it a key, or waive ssh.keys"


def _word(settings: Settings, name: str) -> str:
    return (list(settings.get(name, ())) or [""])[0].lower()


def _usable(secret: str) -> bool:
    """Tell whether a field of shadow is a password; an empty one is none to sshd (PermitEmptyPasswords)."""
    return bool(secret) and secret[0] not in "!*"


def _fields(text: str) -> Iterator[list[str]]:
    return (line.split(":") for line in text.splitlines() if line and not line.startswith("#"))
