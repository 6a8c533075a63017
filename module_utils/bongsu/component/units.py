"""Systemd units: what ``systemctl show`` says, and what must be done to make it what is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from .spec import FileSpec, UnitSpec

PROPERTIES = ",".join(
    (
        "LoadState",
        "ActiveState",
        "UnitFileState",
        "FragmentPath",
        "InvocationID",
        "NeedDaemonReload",
        "ExecMainStartTimestamp",
        "ActiveEnterTimestamp",
    )
)
_NOTHING_TO_ENABLE = {"static", "generated", "transient", "alias", "indirect"}
_STRENGTH = {"none": 0, "reload": 1, "restart": 2}


@dataclass(frozen=True)
class UnitState:
    """A unit as found. ``started_at`` is when its process began, in seconds since the epoch; None if it never ran."""

    name: str
    found: bool
    active: bool
    failed: bool
    enabled: bool
    can_enable: bool
    masked: bool
    invocation: str
    needs_daemon_reload: bool
    started_at: float | None
    fragment: str = ""  # the file that defines the unit
    masked_until_boot: bool = False


@dataclass(frozen=True)
class UnitRecord:
    """What a manifest remembers of a running unit: its invocation, and the digest of each file it has read."""

    invocation: str
    files: dict[str, str]


@dataclass(frozen=True)
class Step:
    """One systemctl verb on one unit, and why."""

    verb: str
    unit: str
    reason: str


def parse_show(names: list[str], text: str) -> dict[str, UnitState]:
    """Read the blocks that ``systemctl show --timestamp=us+utc`` prints, one a unit, in the order asked."""
    blocks = text.strip("\n").split("\n\n") if text.strip() else []
    return {name: _parse_block(name, block) for name, block in zip(names, blocks, strict=True)}


def _parse_block(name: str, block: str) -> UnitState:
    values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    file_state = values.get("UnitFileState", "")
    return UnitState(
        name=name,
        found=values.get("LoadState") not in (None, "not-found"),
        active=values.get("ActiveState") in ("active", "reloading"),
        failed=values.get("ActiveState") == "failed",
        enabled=file_state == "enabled",
        can_enable=file_state not in _NOTHING_TO_ENABLE,
        masked=values.get("LoadState") == "masked" or file_state in ("masked", "masked-runtime"),
        invocation=values.get("InvocationID", ""),
        needs_daemon_reload=values.get("NeedDaemonReload") == "yes",
        fragment=values.get("FragmentPath", ""),
        masked_until_boot=file_state == "masked-runtime",
        started_at=_epoch(values.get("ExecMainStartTimestamp") or values.get("ActiveEnterTimestamp") or ""),
    )


def _epoch(stamp: str) -> float | None:
    """Turn ``Mon 2026-11-23 12:37:50.761724 UTC`` into seconds since the epoch."""
    if not stamp or stamp == "n/a":
        return None
    _, day, clock, _ = stamp.split()
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC).timestamp()


def outdated_files(unit: UnitState, record: UnitRecord | None, on_disk: dict[str, tuple[str, float]]) -> list[str]:
    """Tell which files the running unit has not read in their present form.

    ``on_disk`` gives each path's digest and its time of change. A record made of this very invocation is exact. Without
    one (somebody else started the unit), a file that changed after the process began has not been read.
    """
    if record is not None and record.invocation == unit.invocation:
        return sorted(path for path, (digest, _) in on_disk.items() if record.files.get(path) != digest)
    if unit.started_at is None:
        return []
    return sorted(path for path, (_, changed_at) in on_disk.items() if changed_at > unit.started_at)


def plan_unit(
    wanted: UnitSpec, found: UnitState, causes: list[FileSpec], reason: str, *, upgraded: bool = False
) -> list[Step]:
    """List the steps for one unit; ``causes`` are the files that it has not read yet, ``upgraded`` its program."""
    steps: list[Step] = []
    if wanted.as_found:
        return _acts(wanted, causes, reason, upgraded=upgraded) if found.active else []
    if wanted.masked:
        if found.active:
            steps.append(Step("stop", wanted.name, "masked"))
        if not found.masked:
            steps.append(Step("mask", wanted.name, "wanted masked"))
        return steps
    if found.masked:
        steps.append(Step("unmask", wanted.name, "was masked"))
    if wanted.enabled and not found.enabled and found.can_enable:
        steps.append(Step("enable", wanted.name, "was not enabled"))
    if not wanted.enabled and (found.enabled or (found.masked and found.can_enable)):
        steps.append(Step("disable", wanted.name, "was enabled" if found.enabled else "may have been enabled"))
    if not wanted.started:
        if found.active:
            steps.append(Step("stop", wanted.name, "was running"))
    elif not found.active:
        steps.append(Step("restart", wanted.name, "was not running"))
    else:
        steps += _acts(wanted, causes, reason, upgraded=upgraded)
    return steps


def _acts(wanted: UnitSpec, causes: list[FileSpec], reason: str, *, upgraded: bool) -> list[Step]:
    """Have a unit that runs read its files."""
    strongest = max((file.on_change for file in causes), key=_STRENGTH.__getitem__, default="none")
    if upgraded:
        strongest, reason = "restart", "its package was replaced"
    if strongest == "none":
        return []
    return [Step("restart" if strongest == "restart" else "reload-or-restart", wanted.name, reason)]
