"""After how many wrong passwords an account is locked, and for how long: faillock.conf, and the module's arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from ..controls import Found
from . import pam

PATH = Path("/etc/security/faillock.conf")
_SERVICE = "sshd"
_DEFAULTS = {"deny": "3", "fail_interval": "900", "unlock_time": "600"}
_FLAGS = ("audit", "silent", "no_log_info", "local_users_only", "nodelay", "even_deny_root")


def look(_names: Collection[str]) -> Found:
    """Read the file as the module does at each login, and the stack in which it stands."""
    try:
        text = PATH.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    rules = pam.stack(_SERVICE, "auth", pam.read_service)
    return read(text, [word for rule in rules if rule.module == "pam_faillock.so" for word in rule.arguments])


def read(text: str, arguments: Iterable[str]) -> Found:
    """Merge them: an argument of the module goes before the file."""
    found = {**_DEFAULTS, **dict.fromkeys(_FLAGS, "no")}
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    for word in [*filter(None, lines), *arguments]:
        name, equals, value = (part.strip() for part in word.partition("="))
        found[name] = value if equals else "yes"
    if "root_unlock_time" in found:  # the module takes the one for the other
        found["even_deny_root"] = "yes"
    return {name: [value] for name, value in found.items()}
