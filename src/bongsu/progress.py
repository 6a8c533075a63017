"""Shows a run while it happens: a live table on a terminal, plain lines without one, nothing for --json."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bongsu.events import diff_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.events import Event, RunResult

_ROUTINE = "Validating arguments against arg spec"  # Ansible's own, before each role: no news when it passes
_STYLES = {"ok": "green", "changed": "yellow", "running": "cyan", "failed": "red", "unreachable": "red"}


class Display(Protocol):
    """What a run is shown on: used as a context, told every event, asked for the summary at the end."""

    def __enter__(self) -> Self:
        """Start showing."""

    def __exit__(self, *_: object) -> None:
        """Stop showing."""

    def event(self, event: Event) -> None:
        """Take in one event."""

    def say(self, message: str) -> None:
        """Show one line that is no event of a host."""

    def summary(self, result: RunResult) -> None:
        """Show what became of each host, and why the failed ones failed."""


def display(*, json_only: bool = False, diff: bool = False, console: Console | None = None) -> Display:
    """Return the display that suits where the output goes; with `diff` it shows changed lines."""
    if json_only:
        return Silent()
    console = console or Console(highlight=False, soft_wrap=True)
    return (LiveTable if console.is_terminal else PlainLines)(console, diff=diff)


@dataclass
class _Row:
    """What is known of one host now; times are of the monotonic clock."""

    task: str = ""
    since: float = 0.0
    changed: int = 0
    ok: int = 0
    state: str = "running"


@dataclass
class Hosts:
    """The rows of the live table, kept from events alone."""

    clock: Callable[[], float] = time.monotonic
    rows: dict[str, _Row] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Bring the event's host up to date."""
        if not event.host:
            return
        row = self.rows.setdefault(event.host, _Row(since=self.clock()))
        if event.kind == "start":
            row.task, row.since, row.state = event.task, self.clock(), "running"
        elif event.kind == "ok":
            row.ok += 1
            row.changed += event.changed
        elif event.kind == "unreachable" or (event.kind == "failed" and not event.ignored):
            row.state = event.kind
            row.task = event.task

    def finish(self, result: RunResult) -> None:
        """Settle each host's state once the run is over."""
        for name, row in self.rows.items():
            if name in result.hosts:
                row.state = result.hosts[name].state


class Silent(AbstractContextManager["Silent"]):
    """Shows nothing: the one JSON document says it all."""

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def event(self, event: Event) -> None:
        """Do nothing."""

    def say(self, message: str) -> None:
        """Do nothing."""

    def summary(self, result: RunResult) -> None:
        """Do nothing."""


class PlainLines(AbstractContextManager["PlainLines"]):
    """One line an event, for logs and pipes."""

    def __init__(self, console: Console, *, diff: bool = False) -> None:
        """Print on this console."""
        self.console = console
        self.diff = diff

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def say(self, message: str) -> None:
        """Print the message."""
        self.console.print(Text(f"{time.strftime('%H:%M:%S')} {message}"))

    def event(self, event: Event) -> None:
        """Print what a host finished; what it skipped is no news."""
        if event.kind == "play":
            self.say(f"play {event.task}")
        elif event.kind in ("failed", "unreachable") or (event.kind == "ok" and _ROUTINE not in event.task):
            for line in event.result.get("told", ()):  # what a task has to say to a reader
                self.say(line)
            state = "ignored" if event.ignored else "changed" if event.changed else event.kind
            self.say(f"{event.host:<12} {state:<11} {event.task} ({event.seconds:.1f} s)")
            if event.message and not event.ignored:
                self.console.print(Text(_indented(event.message)))
            if self.diff:
                print_diff(self.console, event)

    def summary(self, result: RunResult) -> None:
        """Print one line a host, then every failure."""
        for name, host in sorted(result.hosts.items()):
            line = f"{name:<12} {host.state:<11} ok={host.ok} changed={host.changed} {host.seconds:.1f} s"
            self.console.print(Text(line))
        print_failures(self.console, result)


class LiveTable(AbstractContextManager["LiveTable"]):
    """A table on the terminal, drawn again as things happen: per host its task, since when, and its changes."""

    def __init__(self, console: Console, *, diff: bool = False) -> None:
        """Draw on this console."""
        self.console = console
        self.diff = diff
        self.hosts = Hosts()
        self.title = ""
        self._began = time.monotonic()
        self._live = Live(console=console, get_renderable=self.render, refresh_per_second=5, transient=True)

    def __enter__(self) -> Self:
        """Start drawing."""
        self._began = time.monotonic()
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the table away; the summary takes its place."""
        self._live.stop()

    def say(self, message: str) -> None:
        """Print above the table."""
        self.console.print(Text(message))

    def event(self, event: Event) -> None:
        """Take the event into the table; a failure is printed above it at once."""
        if event.kind == "play":
            self.title = event.task
        self.hosts.take(event)
        for line in event.result.get("told", ()):
            self.say(line)
        if event.message and event.kind != "error" and not event.ignored:
            self.console.print(Text(f"{event.host}: {event.task}\n{_indented(event.message)}", style="red"))
        if self.diff:
            print_diff(self.console, event)

    def render(self) -> Table:
        """Return the table as it stands now."""
        now = time.monotonic()
        table = Table(title=f"{self.title}  {now - self._began:.0f} s", title_justify="left", box=None)
        table.add_column("host", no_wrap=True)
        table.add_column("state", no_wrap=True)
        table.add_column("doing", ratio=1, overflow="ellipsis", no_wrap=True)
        table.add_column("for", justify="right", no_wrap=True)
        table.add_column("changed", justify="right")
        for name, row in sorted(self.hosts.rows.items()):
            state = Text(row.state, style=_STYLES.get(row.state, ""))
            elapsed = f"{now - row.since:.0f} s" if row.state == "running" else ""
            table.add_row(name, state, row.task, elapsed, str(row.changed))
        return table

    def summary(self, result: RunResult) -> None:
        """Print the table of results, then every failure."""
        table = Table(box=None)
        for column in ("host", "state", "ok", "changed", "busy"):
            table.add_column(column, justify="left" if column in ("host", "state") else "right")
        for name, host in sorted(result.hosts.items()):
            state = Text(host.state, style=_STYLES[host.state])
            table.add_row(name, state, str(host.ok), str(host.changed), f"{host.seconds:.1f} s")
        self.console.print(table)
        print_failures(self.console, result)


def print_diff(console: Console, event: Event) -> None:
    """Print the lines that a task changed on a host."""
    text = diff_text(event.result)
    if text:
        console.print(Text(f"{event.host}: {event.task}\n{_indented(text)}"))


def print_failures(console: Console, result: RunResult) -> None:
    """Print each failure with host, task and file:line, then how the run ended and where its artifacts are."""
    for name, host in sorted(result.hosts.items()):
        for failure in host.failures:
            console.print(Text(f"\n{name}: {failure.task}\n  {failure.path}\n{_indented(failure.message)}"))
    for error in result.errors:
        console.print(Text(error))
    console.print(Text(f"\n{result.status.replace('_', ' ')} in {result.seconds:.1f} s  ({result.artifacts})"))


def _indented(text: str) -> str:
    """Return the text with each line moved right."""
    return "\n".join(f"    {line}" for line in text.splitlines())
