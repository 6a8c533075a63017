"""Carry a component out on this host: inspect, stage, swap, act, probe, commit; undo all of it on any failure."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from .. import host
from ..errors import BongsuError
from . import health
from . import manifest as manifests
from .journal import Journal
from .plan import Change, Plan, dropped_files, make_plan
from .spec import Component
from .units import Step

TEXTFILE_DIRECTORY = Path("/var/lib/prometheus/node-exporter")


def converge(component: Component, state_directory: str, brought: list[str], *, check: bool) -> dict[str, Any]:
    """Make the component true and report it as a task's result.

    With packages missing nothing is touched: the report names them in ``missing_packages`` and the caller installs them
    and calls again, telling in ``brought`` which they were.
    """
    if check:
        return _converge(component, state_directory, brought, check=True)
    Path(state_directory).mkdir(parents=True, exist_ok=True, mode=0o755)
    with host.locked(os.path.join(state_directory, "lock")):  # hosts that register on a monitor do so at the same time
        return _converge(component, state_directory, brought, check=False)


def _converge(component: Component, state_directory: str, brought: list[str], *, check: bool) -> dict[str, Any]:
    journal = Journal(state_directory, component.name)
    recovered = _recover(journal) if not check else []
    manifest = _read_manifest(state_directory, component.name)
    if brought:
        manifest = _remember_packages(component, state_directory, manifest, brought)
    plan = _inspect(component, manifest)
    report: dict[str, Any] = {
        "changed": bool(recovered) or not plan.is_empty,
        "actions": recovered + plan.actions(),
        "diff": plan.diff(),
        "missing_packages": list(plan.missing_packages),
    }
    if check or plan.missing_packages or plan.is_empty:
        return report
    _apply(component, plan, journal)
    _commit(component, plan, state_directory)
    if journal.exists():
        journal.remove()
    return report


def _recover(journal: Journal) -> list[str]:
    if not journal.exists():
        return []
    troubles = journal.roll_back()
    if troubles:
        raise BongsuError("an interrupted run could not be undone: " + "; ".join(troubles))
    return ["undid an interrupted run"]


def _read_manifest(state_directory: str, name: str) -> dict[str, Any] | None:
    path = _manifest_path(state_directory, name)
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BongsuError(f"{path} is not JSON: {error}; move it away and run again") from error
    if manifest.get("format") != manifests.FORMAT:
        raise BongsuError(f"{path} is of format {manifest.get('format')}, made by a newer bongsu; use that one")
    return manifest


def _manifest_path(state_directory: str, name: str) -> Path:
    return Path(state_directory) / "components" / f"{name}.json"


def _remember_packages(
    component: Component, state_directory: str, manifest: dict[str, Any] | None, brought: list[str]
) -> dict[str, Any]:
    """Record at once that these packages are ours: they stay on the host even where the rest fails."""
    ours = sorted({*brought, *manifests.brought(manifest)})
    empty = {"format": manifests.FORMAT, "component": component.name, "files": [], "units": []}
    remembered = (manifest or empty) | {"packages": [{"name": name, "brought": True} for name in ours]}
    _write_manifest(state_directory, component.name, remembered)
    return remembered


def _write_manifest(state_directory: str, name: str, manifest: dict[str, Any]) -> Path:
    path = _manifest_path(state_directory, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    host.replace(str(path), manifests.to_bytes(manifest), mode=0o644)
    return path


def _inspect(component: Component, manifest: dict[str, Any] | None) -> Plan:
    files = (*component.files, *dropped_files(component, manifest))
    return make_plan(
        component,
        found={file.dest: host.observe(file.dest) for file in files},
        units=host.unit_states([unit.name for unit in component.units]),
        missing_packages=host.missing_packages(component.packages),
        manifest=manifest,
    )


def _apply(component: Component, plan: Plan, journal: Journal) -> None:
    if not (plan.changes or plan.steps or plan.daemon_reload):
        return
    started = time.time()
    journal.write(plan, host.unit_states([unit.name for unit in component.units]))
    try:
        _stage(plan)
        _swap(plan)
        for command in component.validate:
            _require(command, "its configuration was refused")
        journal.mark_acting()
        _act(plan)
        _judge(component, plan, started)
    except (BongsuError, OSError) as error:
        troubles = journal.roll_back()
        ending = "; ".join(troubles)
        undone = f"Not everything could be put back: {ending}" if troubles else "Everything was put back as before."
        raise BongsuError(f"{component.name}: {error}\n{undone}", rolled_back=not troubles) from error


def _stage(plan: Plan) -> None:
    written = []
    for change in plan.changes:
        file = change.file
        if change.verb == "create" and file.state == "directory":
            os.mkdir(file.dest, 0o700)
            _adjust(change)
        elif file.content is not None and change.verb != "adjust":
            staged = host.staged_path(file.dest)
            host.write_new(staged, file.content, mode=file.mode, owner=file.owner, group=file.group)
            written.append(staged)
            if file.validate:
                command = [word.replace("%s", staged) for word in file.validate]
                _require(command, f"{file.dest} was refused", {staged: file.dest})
    host.sync(written)


def _swap(plan: Plan) -> None:
    for change in plan.changes:
        if change.verb == "remove":
            os.unlink(change.file.dest)
        elif change.verb == "adjust" or change.file.state == "directory":
            _adjust(change)
        else:
            staged = host.staged_path(change.file.dest)
            os.utime(staged)  # its time of change tells later runs whether a unit has read it
            os.rename(staged, change.file.dest)
    host.sync(sorted({os.path.dirname(change.file.dest) for change in plan.changes}))


def _adjust(change: Change) -> None:
    os.chown(change.file.dest, *host.owner_ids(change.file.owner, change.file.group))
    os.chmod(change.file.dest, change.file.mode)


def _act(plan: Plan) -> None:
    if plan.daemon_reload:
        _require(["systemctl", "daemon-reload"], "systemd refused its units")
    for step in plan.steps:
        _take(step)


def _take(step: Step) -> None:
    started = time.time()
    if step.verb == "restart":
        host.run(["systemctl", "reset-failed", step.unit])
    try:
        _require(["systemctl", step.verb, step.unit], f"{step.unit} did not {step.verb}")
    except BongsuError as error:
        raise BongsuError(f"{error}\n{_last_words(step.unit, started)}") from error


def _judge(component: Component, plan: Plan, started: float) -> None:
    acted = [step.unit for step in plan.steps if step.verb in ("restart", "reload-or-restart")]
    complaints = health.wait_healthy(list(component.health), acted, component.deadline) or health.hold(acted)
    if complaints:
        words = [_last_words(unit, started) for unit in acted]
        raise BongsuError("\n".join(["it is not healthy:", *complaints, *words]))


def _last_words(unit: str, since: float) -> str:
    return host.run(
        ["journalctl", f"--unit={unit}", f"--since=@{since:.6f}", "--lines=15", "--output=cat", "--no-pager"]
    ).text


def _require(command: list[str] | tuple[str, ...], complaint: str, rename: dict[str, str] | None = None) -> None:
    output = host.run(command)
    if output.status != 0:
        text = f"{complaint} by '{' '.join(command)}' (exit status {output.status}):\n{output.text}"
        for staged, dest in (rename or {}).items():
            text = text.replace(staged, dest)
        raise BongsuError(text)


def _commit(component: Component, plan: Plan, state_directory: str) -> None:
    states = host.unit_states([unit.name for unit in component.units])
    running = manifests.records(component, states)
    manifest = {**plan.manifest, "running": running, "converged_at": round(time.time(), 3)}
    path = _write_manifest(state_directory, component.name, manifest)
    if component.units and TEXTFILE_DIRECTORY.is_dir():
        _export_units(path.parent)


def _export_units(directory: Path) -> None:
    found = [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]
    host.replace(str(TEXTFILE_DIRECTORY / "bongsu_units.prom"), manifests.unit_metrics(found), mode=0o644)
