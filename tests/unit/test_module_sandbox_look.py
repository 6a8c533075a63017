"""The question, on this very machine: it sees a real process, asks about it, and touches nothing."""

import json
import subprocess
import sys

import pytest
from ansible.module_utils.bongsu import host, processes, sandbox_ask
from module_runner import run_module

UNIT = "prometheus.service"


@pytest.fixture
def writer(tmp_path):
    """Have a process that keeps a file open for writing."""
    code = "import sys; kept = open(sys.argv[1], 'w'); print('ready', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(tmp_path / "wal")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        process.stdin.close()


def look(writer, *, wanted=None, check=True, **row):
    def here():
        """Have that process be of the unit, and nobody override it."""
        processes.Process.unit = property(lambda self: UNIT if self.number == writer else "")
        host.ask = lambda command: f"Id={UNIT}\nRuntimeDirectory=\n"
        sandbox_ask.overrides.find = lambda units: {unit: {} for unit in units}

    control = {
        "id": "sandbox.x",
        "state": "applied",
        "sandbox": {f"{UNIT}/{name}": value for name, value in row.items()},
    }
    document = json.dumps({"role": "service_sandbox", "controls": [control]})
    return run_module("sandbox_look", {"wanted": document if wanted is None else wanted}, check=check, before=here)


@pytest.mark.parametrize("check", [True, False])
def test_a_write_that_would_be_denied_is_told_with_the_line_that_allows_it(writer, tmp_path, check):
    told = look(writer, check=check, ProtectSystem="strict", PrivateTmp="no")
    assert told["failed"]
    line = f"service_sandbox_write_paths: {{{UNIT}: [{tmp_path}]}}"
    assert line in told["msg"]
    assert line in told["may_break"][0]
    assert [path.name for path in tmp_path.iterdir()] == ["wal"]


def test_what_is_allowed_is_not_told(writer, tmp_path):
    told = look(writer, ProtectSystem="strict", ReadWritePaths=[str(tmp_path)])
    assert (told["changed"], told["may_break"]) == (False, [])


def test_where_nothing_is_wanted_nobody_is_asked(writer):
    assert look(writer, wanted='{"role": "service_sandbox", "controls": []}')["may_break"] == []


def test_what_is_no_document_is_told(writer):
    assert "wanted is not as its role writes it" in look(writer, wanted="[]")["msg"]
    assert "missing required arguments: wanted" in run_module("sandbox_look", {})["msg"]
