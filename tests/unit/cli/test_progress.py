"""What a run looks like while it happens."""

import io

from rich.console import Console

from bongsu.events import Event, Failure, HostResult, RunResult
from bongsu.progress import Hosts, LiveTable, PlainLines, Silent, display

STARTED = Event("start", host="web1", task="Write")
CHANGED = Event("ok", host="web1", task="Write", changed=True, seconds=1.2)
FAILED = Event("failed", host="web1", task="Check", path="x.yml:3", message="first\nsecond")


def console(**options):
    return Console(file=io.StringIO(), width=100, highlight=False, **options)


def text_of(one):
    return one.file.getvalue()


def test_the_display_suits_where_the_output_goes():
    assert isinstance(display(json_only=True), Silent)
    assert isinstance(display(console=console()), PlainLines)
    assert isinstance(display(console=console(force_terminal=True)), LiveTable)


def test_plain_lines_are_one_an_event_and_leave_out_what_is_no_news():
    out = console()
    plain = PlainLines(out)
    for event in (STARTED, CHANGED, Event("skipped", host="web1", task="Skip"), FAILED):
        plain.event(event)
    lines = text_of(out).splitlines()
    assert len(lines) == 4
    assert "web1         changed     Write (1.2 s)" in lines[0]
    assert lines[2:] == ["    first", "    second"]


def test_the_rows_say_what_each_host_does_and_since_when():
    hosts = Hosts(clock=lambda: 10.0)
    hosts.take(STARTED)
    hosts.take(CHANGED)
    row = hosts.rows["web1"]
    assert (row.task, row.since, row.changed, row.state) == ("Write", 10.0, 1, "running")
    hosts.take(FAILED)
    assert (row.task, row.state) == ("Check", "failed")


def test_a_host_that_goes_on_after_a_rescue_is_running_again():
    hosts = Hosts()
    hosts.take(FAILED)
    hosts.take(STARTED)
    assert hosts.rows["web1"].state == "running"


def test_markup_in_a_message_is_printed_as_it_is():
    out = console()
    PlainLines(out).event(Event("failed", host="a", task="T", message="[red]no[/red] [/x]"))
    assert "[red]no[/red] [/x]" in text_of(out)


def test_the_summary_ends_with_every_failure_and_where_the_artifacts_are():
    for kind, out in ((PlainLines, console()), (LiveTable, console(force_terminal=True, color_system=None))):
        hosts = {"web1": HostResult(ok=3, failures=[Failure("Check", "x.yml:3", "no")])}
        kind(out).summary(RunResult("failed", hosts, 2.5, artifacts="/state/run"))
        assert "web1: Check\n  x.yml:3\n    no\n\nfailed in 2.5 s  (/state/run)\n" in text_of(out)


def test_the_live_table_draws_a_line_a_host():
    out = console(force_terminal=True, color_system=None)
    table = LiveTable(out)
    with table:
        table.event(Event("play", task="Watch"))
        table.event(STARTED)
        out.print(table.render())
    drawn = text_of(out)
    assert "Watch" in drawn
    assert "web1" in drawn
    assert "running" in drawn


def test_what_a_task_has_to_say_to_a_reader_is_shown():
    said = Event("ok", host="web1", task="Compare", result={"told": ["3 of 4 hosts are as they were"]})
    for kind, out in ((PlainLines, console()), (LiveTable, console(force_terminal=True, color_system=None))):
        kind(out).event(said)
        assert "3 of 4 hosts are as they were\n" in text_of(out)
