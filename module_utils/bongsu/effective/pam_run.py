"""Run a stack of PAM's on paper: which rules are reached, and how it ends. Pure.

The rules of the game are those of libpam (pam.conf(5)): each answer of a module is turned into an action by the rule's
control; the first failure that counts decides, and a jump skips rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..edits.pam_line import Line

_ACTIONS = {
    "required": {"success": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "default": "ignore"},
    "optional": {"success": "ok", "default": "ignore"},
}
# Modules that look at other things than a password: they let pass whom they are asked about.
_PASSING = {
    *("cap", "env", "exec", "faildelay", "group", "keyinit", "limits", "lastlog", "localuser", "mail", "mount", "motd"),
    *("nologin", "permit", "securetty", "selinux", "sepermit", "shells", "time", "umask", "warn", "wheel", "access"),
}
_REFUSING = {"deny", "rootok"}  # and those that answer no in any case: here, nobody is root
_DIRECTORIES = {"krb5", "ldap", "sss", "winbind"}  # they do not know the user, who is a local one


def outcome(rules: Sequence[Line], *, right: bool) -> list[str]:
    """Tell how a local user's login ends: ``granted`` or ``refused``; and ``counted`` where faillock has counted it."""
    granted, counted = _run(rules, right=right)
    return ["granted" if granted else "refused", *(["counted"] if counted else [])]


def _run(rules: Sequence[Line], *, right: bool) -> tuple[bool, bool]:
    verdict: bool | None = None  # what has been decided so far
    counted, at = False, 0
    while at < len(rules):
        rule = rules[at]
        at += 1
        name = rule.module.rpartition("/")[2].removeprefix("pam_").removesuffix(".so")
        counted = counted or (name == "faillock" and "authfail" in rule.arguments)
        action = _action(rule.control, _answer(name, rule, right=right))
        if action.isdigit():
            at += int(action)
        elif action in ("bad", "die"):
            verdict = False
        elif action in ("ok", "done"):
            verdict = verdict if verdict is False else True
        elif action == "reset":
            verdict = None
        if action == "die" or (action == "done" and verdict):
            break
    return bool(verdict), counted


def _answer(name: str, rule: Line, *, right: bool) -> str:
    if name == "faillock":
        return "auth_err" if "authfail" in rule.arguments else "ignore"
    if name in _REFUSING:
        return "auth_err"
    if name in _DIRECTORIES:
        return "user_unknown"
    return "success" if right or name in _PASSING else "auth_err"


def _action(control: str, answer: str) -> str:
    actions: dict[str, str] = _ACTIONS.get(control) or dict(re.findall(r"(\w+)=(\w+)", control))
    return actions.get(answer) or actions.get("default", "bad")
