"""Do what a plan says to paths and units, one step after the other; whoever calls has the journal open."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from .. import host
from ..errors import BongsuError
from .changes import Change
from .lookup import ineffective
from .plan import Plan
from .spec import Component
from .store import Store
from .units import Step

_UNCOPIED = ("directory", "other")  # kinds whose content the journal does not hold


def to_displace(plan: Plan, store: Store) -> dict[str, str]:
    """Name, for each path that must be moved out of the way and not lost, where it is kept."""
    return {
        change.file.dest: store.displaced_path(change.file.dest, renamed=change.found.kind in _UNCOPIED)
        for change in plan.changes
        if change.verb == "displace" or (change.verb in ("replace", "remove") and change.found.kind in _UNCOPIED)
    }


def stage(plan: Plan, displaced: dict[str, str]) -> None:
    """Write every new file beside its target, and have it validated there."""
    written = []
    for change in plan.changes:
        file = change.file
        if change.verb in ("create", "replace") and file.state == "directory":
            if change.verb == "replace":
                _move_away(change, displaced)
            os.mkdir(file.dest, 0o700)
            _adjust(change)
        elif file.content is not None and file.state == "file" and change.verb != "adjust":
            staged = host.staged_path(file.dest)
            host.write_new(staged, file.content, mode=file.mode, owner=file.owner, group=file.group)
            written.append(staged)
            if file.validate:
                command = [word.replace("%s", staged) for word in file.validate]
                require(command, f"{file.dest} was refused", {staged: file.dest})
    host.sync(written)


def swap(plan: Plan, displaced: dict[str, str]) -> None:
    """Put what was staged in its place, each path in one atomic step."""
    for change in plan.changes:
        file = change.file
        if change.verb == "unmake":
            with suppress(OSError):  # something is left in it: it stays
                os.rmdir(file.dest)
        elif change.verb in ("remove", "displace"):
            _move_away(change, displaced)
        elif change.verb == "adjust" or file.state == "directory":
            _adjust(change)
        else:
            if file.dest in displaced:
                _move_away(change, displaced)
            staged = host.staged_path(file.dest)
            if file.state == "link":
                os.symlink((file.content or b"").decode(), staged)
            else:
                os.utime(staged)  # its time of change tells later runs whether a unit has read it
            os.rename(staged, file.dest)
    host.flush([change.file.dest for change in plan.changes])


def retires(plan: Plan) -> bool:
    """Tell whether retire() has something to do."""
    return any(_retires(step, plan) for step in plan.steps)


def retire(plan: Plan) -> None:
    """Take the steps that need the units as they were defined: a unit without its files cannot be disabled."""
    for step in plan.steps:
        if _retires(step, plan):
            _take(step)
    # One that a timer had started, which is stopped by now, would outlive its definition; and systemd goes on
    # listing one that failed, with or without a definition, until it is told to forget it.
    stopped = {step.unit for step in plan.steps if step.verb == "stop"}
    for unit in _undefined(plan):
        if unit not in stopped:
            host.run(["systemctl", "stop", unit])
        host.run(["systemctl", "reset-failed", unit])


def act(plan: Plan) -> None:
    """Have systemd read its units anew, and take each unit the steps that retire() left."""
    enabling = [step.unit for step in plan.steps if step.verb == "enable" and not _masked(step, plan)]
    if enabling:
        # Together, and before the reload: else systemd would read all its units anew for each of them.
        later = ["--no-reload"] if plan.daemon_reload else []
        require(["systemctl", *later, "enable", *enabling], f"{', '.join(enabling)} cannot be enabled")
    if plan.daemon_reload:
        require(["systemctl", "daemon-reload"], "systemd refused its units")
    for step in plan.steps:
        if not (_retires(step, plan) or (step.verb == "enable" and step.unit in enabling)):
            _take(step)


def _retires(step: Step, plan: Plan) -> bool:
    return step.unit in plan.leaving and step.verb in ("stop", "disable") and not _masked(step, plan)


def _undefined(plan: Plan) -> list[str]:
    """Name the services whose definitions go."""
    gone = {os.path.basename(change.file.dest) for change in plan.changes if change.verb == "remove"}
    return sorted(name for name in gone if name.endswith(".service"))


def _masked(step: Step, plan: Plan) -> bool:
    """Tell whether a step's unit is to be unmasked: nothing else can be done to it before."""
    return any(other.verb == "unmask" and other.unit == step.unit for other in plan.steps)


def judge(component: Component, plan: Plan, started: float) -> None:
    """Raise BongsuError unless the component gets and stays healthy; with the last words of its units since then.

    Healthy is one whose security controls, if it has any, are in effect as well.
    """
    from . import health  # TLS and HTTP take long to load, and a run with nothing to do asks nobody

    def defeated() -> list[str]:
        return [f"not in effect: {name}: {words}" for name, words in ineffective(component).items()]

    acted = [step.unit for step in plan.steps if step.verb in ("restart", "reload-or-restart")]
    since = health.seen(acted)
    unasked = any(unit.as_found for unit in component.units)
    complaints = health.wait_healthy(list(component.health), acted, component.deadline, defeated)
    complaints = complaints or health.hold(since, unasked=unasked)
    if complaints:
        words = [_last_words(unit, started) for unit in acted]
        raise BongsuError("\n".join(["it is not healthy:", *complaints, *words]))


def require(command: list[str] | tuple[str, ...], complaint: str, rename: dict[str, str] | None = None) -> None:
    """Run a command; raise BongsuError with its own words where it fails, staged names turned into real ones."""
    output = host.run(command)
    if output.status != 0:
        text = f"{complaint} by '{' '.join(command)}' (exit status {output.status}):\n{output.text}"
        for staged, dest in (rename or {}).items():
            text = text.replace(staged, dest)
        raise BongsuError(text)


def _adjust(change: Change) -> None:
    os.chown(change.file.dest, *host.owner_ids(change.file.owner, change.file.group))
    os.chmod(change.file.dest, change.file.mode)


def _move_away(change: Change, displaced: dict[str, str]) -> None:
    place = displaced.get(change.file.dest)
    if place is None:
        os.unlink(change.file.dest)
    else:
        host.move(change.file.dest, place)


def _take(step: Step) -> None:
    started = time.time()
    if step.verb == "restart":
        host.run(["systemctl", "reset-failed", step.unit])
    if step.verb == "unmask":
        host.run(["systemctl", "unmask", "--runtime", step.unit])  # a mask until the next boot is lifted apart
    if step.verb == "disable" and not host.unit_states([step.unit])[step.unit].enabled:
        return  # it was masked, and only now can be seen
    try:
        require(["systemctl", step.verb, step.unit], f"{step.unit} did not {step.verb}")
    except BongsuError as error:
        raise BongsuError(f"{error}\n{_last_words(step.unit, started)}") from error


def _last_words(unit: str, since: float) -> str:
    return host.run(
        ["journalctl", f"--unit={unit}", f"--since=@{since:.6f}", "--lines=15", "--output=cat", "--no-pager"]
    ).text
