"""What happens in an Ansible run, as typed values: pure folding, no Ansible imports, no clock, no disk."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["play", "task", "start", "ok", "skipped", "failed", "unreachable", "stats", "error"]
Status = Literal["ok", "failed", "bad_input", "interrupted"]
EXIT_STATUS: dict[Status, int] = {"ok": 0, "failed": 1, "bad_input": 2, "interrupted": 130}

_KINDS: dict[str, Kind] = {
    "playbook_on_play_start": "play",
    "playbook_on_task_start": "task",
    "runner_on_start": "start",
    "runner_on_ok": "ok",
    "runner_on_skipped": "skipped",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
    "playbook_on_stats": "stats",
}
_ERROR_MARKS = ("ERROR! ", "[ERROR]: ")


@dataclass(frozen=True)
class Event:
    """One thing that happened; `result` is the task's own result, `seconds` what it took the host."""

    kind: Kind
    host: str = ""
    task: str = ""
    path: str = ""  # file:line of the task
    changed: bool = False
    ignored: bool = False
    message: str = ""
    seconds: float = 0.0
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A failed task in its own words."""

    task: str
    path: str
    message: str


@dataclass
class HostResult:
    """What became of one host; counts are of tasks."""

    ok: int = 0
    changed: int = 0
    failures: list[Failure] = field(default_factory=list)
    unreachable: bool = False
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Say whether the host did not get to where the playbook wanted it."""
        return self.unreachable or bool(self.failures)

    @property
    def state(self) -> str:
        """Return the host's state in one word."""
        if self.unreachable:
            return "unreachable"
        if self.failures:
            return "failed"
        return "changed" if self.changed else "ok"


@dataclass
class RunResult:
    """What became of a run: `errors` are Ansible's words when it could not run at all."""

    status: Status = "ok"
    hosts: dict[str, HostResult] = field(default_factory=dict)
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)
    artifacts: str = ""

    @property
    def exit_status(self) -> int:
        """Return the command's exit status: 0 done, 1 some host failed, 2 bad input, 130 interrupted."""
        return EXIT_STATUS[self.status]

    @property
    def changed(self) -> int:
        """Return how many tasks changed something, over all hosts."""
        return sum(host.changed for host in self.hosts.values())

    def document(self) -> dict[str, Any]:
        """Return the result as JSON-ready values, hosts in order of name."""
        hosts = {name: {"state": host.state, **asdict(host)} for name, host in sorted(self.hosts.items())}
        return {
            "status": self.status,
            "exit_status": self.exit_status,
            "seconds": round(self.seconds, 2),
            "hosts": hosts,
            "errors": self.errors,
            "artifacts": self.artifacts,
        }


def parse(raw: Mapping[str, Any]) -> Event | None:
    """Return the typed event of one of ansible-runner's, None for one that tells an operator nothing."""
    data = raw.get("event_data") or {}
    kind = _KINDS.get(raw.get("event", ""))
    if kind is None:
        text = str(raw.get("stdout", "")).strip()
        marked = any(mark in text for mark in _ERROR_MARKS)
        return Event("error", message=_unmarked(text)) if marked and not data.get("host") else None
    if kind == "stats":
        return Event("stats", result=data)
    result = data.get("res") or {}
    return Event(
        kind,
        host=data.get("host") or "",
        task=data.get("name") or _task_name(data),
        path=data.get("task_path") or "",
        changed=bool(result.get("changed")) and kind == "ok",
        ignored=bool(data.get("ignore_errors")),
        message=failure_message(result) if kind in ("failed", "unreachable") else "",
        seconds=float(data.get("duration") or 0.0),
        result=result,
    )


def fold(result: RunResult, event: Event) -> None:
    """Add one event to the result of its run."""
    if event.kind == "error":
        result.errors.append(event.message)
    if event.kind == "stats":
        _settle(result, event.result)
    if not event.host:
        return
    host = result.hosts.setdefault(event.host, HostResult())
    host.seconds += event.seconds
    if event.kind == "ok":
        host.ok += 1
        host.changed += event.changed
    elif event.kind == "unreachable":
        host.unreachable = True
        host.failures.append(Failure(event.task, event.path, event.message))
    elif event.kind == "failed" and not event.ignored:
        host.failures.append(Failure(event.task, event.path, event.message))


def failure_message(result: Mapping[str, Any]) -> str:
    """Return why a task failed, in its own words; a loop gives those of each failed item."""
    if "censored" in result:
        return str(result["censored"])
    items = [item for item in result.get("results") or [] if isinstance(item, dict) and item.get("failed")]
    if items:
        return "\n".join(failure_message(item) for item in items)
    parts: list[str] = []
    for key in ("msg", "stderr", "module_stderr"):
        text = str(result.get(key) or "").strip()
        if text and not any(text in part for part in parts):
            parts.append(text)
    return "\n".join(parts) or "failed without a message"


def diff_text(result: Mapping[str, Any]) -> str:
    """Return the changes a task's result tells, as a unified diff; "" when it tells none."""
    told = result.get("diff") or []
    return "".join(_one_diff(part) for part in (told if isinstance(told, list) else [told]))


def _one_diff(part: Mapping[str, Any]) -> str:
    """Return one part of a diff: ready made, or made of the text before and after."""
    if part.get("prepared"):
        return f"{part['prepared']}\n"
    before, after = (str(part.get(side) or "").splitlines(keepends=True) for side in ("before", "after"))
    old, new = (str(part.get(f"{side}_header") or side) for side in ("before", "after"))
    lines = difflib.unified_diff(before, after, old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def conclude(result: RunResult, return_code: int, *, interrupted: bool) -> None:
    """Settle the status: a return code other than 0 with no host named means that nothing could be run."""
    if interrupted:
        result.status = "interrupted"
    elif any(host.failed for host in result.hosts.values()):
        result.status = "failed"
    elif return_code != 0:
        result.status = "failed" if result.hosts else "bad_input"


def _settle(result: RunResult, stats: Mapping[str, Any]) -> None:
    """Drop the failures of hosts that a `rescue` saved: Ansible's own tally says who failed in the end."""
    for name, host in result.hosts.items():
        if not stats.get("failures", {}).get(name) and not stats.get("dark", {}).get(name):
            host.failures.clear()
            host.unreachable = False


def _task_name(data: Mapping[str, Any]) -> str:
    """Return `role : task`, as Ansible prints it."""
    name, role = data.get("task") or "", data.get("role") or ""
    return f"{role} : {name}" if role and not name.startswith(f"{role} : ") else str(name)


def _unmarked(text: str) -> str:
    """Return an error without Ansible's marks before it."""
    for mark in _ERROR_MARKS:
        text = text.replace(mark, "")
    return text.strip()
