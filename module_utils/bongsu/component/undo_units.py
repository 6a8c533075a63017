"""Bring units back to what they were before a run, as its journal tells."""

from __future__ import annotations

import time
from typing import Any

from .. import host
from ..errors import BongsuError
from . import toolkit
from .units import UnitState

_PATIENCE, _POLL = 10.0, 0.5  # seconds
_OF_FILES = frozenset({"enable", "disable", "mask", "unmask"})  # what systemctl can do without systemd, too:
_BY_FILES = {"SYSTEMD_OFFLINE": "1"}
_ACTED = frozenset({"restart", "reload-or-restart", "stop"})  # verbs after which a unit that ran must be run again


class Systemctl:
    """systemctl, remembering what it could not do."""

    def __init__(self, *, booting: bool) -> None:
        """While the host is ``booting``, nothing waits for a unit, since units wait for this."""
        self._booting = booting
        self.troubles: list[str] = []

    def __call__(self, verb: str, *units: str) -> None:
        """Have systemctl do something; where it cannot, that is one of the ``troubles``."""
        if self._booting and verb == "stop" and toolkit.RECOVER in units:
            return  # that is this very process
        waiting = ["--no-block"] if self._booting and verb in ("start", "stop", "restart", "reload-or-restart") else []
        command = ["systemctl", *waiting, verb, *units]
        output = host.run(command)
        if output.status != 0 and self._booting and verb in _OF_FILES:
            output = host.run(command, env=_BY_FILES)
        if output.status != 0:
            self.troubles.append(f"systemctl {' '.join([verb, *units])}: {output.text}")


def ask(units: list[str]) -> dict[str, UnitState]:
    """Ask systemd for the units' states; it may be busy."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return host.unit_states(units)
        except BongsuError:
            if time.monotonic() > end:
                raise
            time.sleep(_POLL)


def silence(systemctl: Systemctl, units: list[dict[str, Any]], states: dict[str, UnitState]) -> None:
    """Disable and stop what was disabled and not running."""
    for unit in units:
        name, verbs, state = unit["name"], unit["verbs"], states[unit["name"]]
        if "enable" in verbs and state.enabled:
            systemctl("disable", name)
        if not unit["active"] and (state.active or state.found):
            systemctl("stop", name)
            host.run(["systemctl", "reset-failed", name])


def revive(systemctl: Systemctl, unit: dict[str, Any], *, replaced: bool) -> None:
    """Enable, run and mask what was so; ``replaced`` says that its program may have been another in between."""
    name, verbs = unit["name"], unit["verbs"]
    if "mask" in verbs:
        systemctl("unmask", name)
    if "disable" in verbs and "unmask" not in verbs:  # whether a masked unit was enabled, nobody could see
        systemctl("enable", name)
    if unit["active"] and (replaced or _ACTED.intersection(verbs)):
        host.run(["systemctl", "reset-failed", name])
        systemctl("reload-or-restart" if "reload-or-restart" in verbs and not replaced else "restart", name)
    if "unmask" in verbs:
        systemctl("mask", *(["--runtime"] if unit["masked_until_boot"] else []), name)


def renew(systemctl: Systemctl, names: list[str]) -> None:
    """Restart what runs of some units: its program may be another than the one on the disk."""
    try:
        states = ask(names)
    except BongsuError as error:
        systemctl.troubles.append(str(error))
        return
    for name, state in states.items():
        if state.active:
            systemctl("restart", name)
