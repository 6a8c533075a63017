"""What fail2ban runs with, whatever file says it: the server is asked, and the kernel whether it carries bans out.

A setting is named JAIL.SETTING, or SETTING alone where it is the server's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .. import bans, bans_host, login
from ..controls import Found, Unknown, words
from ..fail2ban import RefusedError, Server

# A pattern that the filter of sshd has in these modes only (fail2ban's filter.d/sshd.conf).
_MODES = {"ddos": "Did not receive identification string", "extra": "Unable to negotiate with"}


def look(names: Collection[str]) -> Found:
    """Ask for each setting."""
    found: dict[str, list[str] | Unknown] = {}
    unenforced = bans_host.look()[1] if any(name.endswith(".enforced") for name in names) else {}
    with Server() as server:
        running = server.jails()
        for name in names:
            jail, _, setting = name.partition(".") if "." in name else ("", "", name)
            if jail and jail not in running:
                found[name.lower()] = Unknown(f"the jail {jail} does not run")
            elif setting == "enforced":
                found[name.lower()] = Unknown(unenforced[jail]) if jail in unenforced else ["yes"]
            elif setting == bans_host.OPERATOR:
                found[name.lower()] = _operator(server, jail)
            else:
                found[name.lower()] = _ask(server, jail, setting)
    return found


def _ask(server: Server, jail: str, setting: str) -> list[str] | Unknown:
    if setting == "mode":
        return [mode(server.ask("get", jail, "failregex"))]
    question = ["get", *([jail] if jail else []), *(setting.split(".") if setting.startswith("action.") else [setting])]
    if setting.startswith("action."):
        question.insert(3, "nftables")
    try:
        said = server.ask(*question)
        return " + ".join(map(" ".join, said)).split() if setting == "journalmatch" else in_words(said)
    except RefusedError as error:
        return Unknown(str(error))


def in_words(value: object) -> list[str]:
    """Return a value as words; of a list, those of each."""
    if value is None:
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, list):
        return [word for one in value for word in in_words(one)]
    return words(value)


def mode(patterns: Iterable[str]) -> str:
    """Tell in which mode the filter of sshd is, by its patterns."""
    text = "\n".join(patterns)
    there = [name for name, sign in _MODES.items() if sign in text]
    return "aggressive" if len(there) == len(_MODES) else there[0] if there else "normal"


def _operator(server: Server, jail: str) -> list[str] | Unknown:
    never = [str(one) for one in server.ask("get", jail, "ignoreip")]
    refusal = bans.shut_out(login.came_from(), never)
    return Unknown(refusal) if refusal else ["never"]
