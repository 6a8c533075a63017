"""How the effective settings of a host are found out: one module a kind of setting, each with one function ``look``.

``look(names)`` takes the settings that are wanted and returns, by lower-case name, the words that are in effect, or
``controls.Unavailable`` where this host cannot have such a setting at all, or ``controls.Fixed`` where it has it and
cannot change it. A setting that is not returned is not set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..controls import Found
from . import apt, chrony, coredump, fail2ban, limits, modprobe, needrestart, sshd, sysctl, systemd, timer

LOOK: dict[str, Callable[[Collection[str]], Found]] = {
    "apt": apt.look,
    "chrony": chrony.look,
    "coredump": coredump.look,
    "fail2ban": fail2ban.look,
    "limits": limits.look,
    "modprobe": modprobe.look,
    "needrestart": needrestart.look,
    "sshd": sshd.look,
    "sysctl": sysctl.look,
    "systemd": systemd.look,
    "timer": timer.look,
}
