"""How the effective settings of a host are found out: one module a kind of setting, each with one function ``look``.

``look(names)`` takes the settings that are wanted and returns, by lower-case name, the words that are in effect, or
``controls.Unavailable`` where this host cannot have such a setting at all, or ``controls.Fixed`` where it has it and
cannot change it. A setting that is not returned is not set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..controls import Found
from . import (
    accounts,
    apt,
    coredump,
    faillock,
    limits,
    login_defs,
    login_shell,
    modes,
    modprobe,
    needrestart,
    pam,
    pwquality,
    sshd,
    sudo,
    sysctl,
    systemd,
    timer,
    useradd,
)

LOOK: dict[str, Callable[[Collection[str]], Found]] = {
    "accounts": accounts.look,
    "apt": apt.look,
    "coredump": coredump.look,
    "faillock": faillock.look,
    "limits": limits.look,
    "login_defs": login_defs.look,
    "login_shell": login_shell.look,
    "modes": modes.look,
    "modprobe": modprobe.look,
    "needrestart": needrestart.look,
    "pam": pam.look,
    "pwquality": pwquality.look,
    "sshd": sshd.look,
    "sudo": sudo.look,
    "sysctl": sysctl.look,
    "systemd": systemd.look,
    "timer": timer.look,
    "useradd": useradd.look,
}
TOLD = frozenset({"accounts"})  # what no run can put right, as somebody has to decide: told of, and no run fails for it
