"""How the effective settings of a host are found out: one module a kind of setting, each with one function ``look``.

``look(names)`` takes the settings that are wanted and returns, by lower-case name, the words that are in effect, or
``controls.Unavailable`` where this host cannot have such a setting at all, or ``controls.Fixed`` where it has it and
cannot change it. A setting that is not returned is not set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module

from ..controls import Found

KINDS = (
    "accounts",
    "aide",
    "apparmor",
    "apt",
    "audit",
    "auditd",
    "chrony",
    "clock",
    "coredump",
    "fail2ban",
    "faillock",
    "journald",
    "limits",
    "login_defs",
    "login_shell",
    "modes",
    "modprobe",
    "mounts",
    "needrestart",
    "nft",
    "pam",
    "pwquality",
    "sandbox",
    "sshd",
    "sshd_newer",
    "sudo",
    "sysctl",
    "systemd",
    "texts",
    "timer",
    "useradd",
)
# What no run can put right, as somebody has to decide, a time server to answer, AIDE to end, or the host to boot
# otherwise: told of, and no run fails for it.
TOLD = frozenset({"accounts", "aide", "apparmor", "clock"})


def _of(kind: str) -> Callable[[Collection[str]], Found]:
    def look(names: Collection[str]) -> Found:
        found: Found = import_module(f"{__name__}.{kind}").look(names)
        return found

    return look


# A kind's module is loaded when it is asked: every question to a host loads this one.
LOOK: dict[str, Callable[[Collection[str]], Found]] = {kind: _of(kind) for kind in KINDS}


def _packed() -> None:
    """Name the modules for Ansible, which packs into a module what it finds imported; nothing calls this."""
    from . import (  # noqa: F401
        accounts,
        aide,
        apparmor,
        apt,
        audit,
        auditd,
        chrony,
        clock,
        coredump,
        fail2ban,
        faillock,
        journald,
        limits,
        login_defs,
        login_shell,
        modes,
        modprobe,
        mounts,
        needrestart,
        nft,
        pam,
        pwquality,
        sandbox,
        sshd,
        sshd_newer,
        sudo,
        sysctl,
        systemd,
        texts,
        timer,
        useradd,
    )
