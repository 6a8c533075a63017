"""What is read out of a run, and which runs are refused as measurements."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bongsu.bench import _play
from bongsu.errors import BongsuError

QUIET = """\
PLAY [x] ***

TASK [web : Place files] ***
ok: [server1] => (item=/etc/x)

PLAY RECAP ***
monitor1                   : ok=3    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
server1                    : ok=2    changed=0    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0
"""
LOUD = QUIET.replace("ok: [server1]", "changed: [server1]").replace("ok=2    changed=0", "ok=2    changed=11")


def run(output=QUIET, status=0):
    return _play.Run(1.0, status, output, _play.recap(output))


def test_the_recap_gives_the_changes_of_each_host():
    assert _play.recap(QUIET) == {"monitor1": 0, "server1": 0}
    assert _play.recap(LOUD) == {"monitor1": 0, "server1": 11}


def test_a_run_that_found_nothing_to_do_is_a_measurement():
    assert run().require_unchanged().seconds == 1.0


def test_a_run_that_changed_something_is_none_and_names_the_task():
    with pytest.raises(BongsuError, match=r"'server1': 11.*\n.*web : Place files.*/etc/x"):
        run(LOUD).require_unchanged()
    assert run(LOUD).require_ok().changed["server1"] == 11


@pytest.mark.parametrize(("output", "status"), [(QUIET, 2), ("ERROR! no such inventory", 1), ("", 0)])
def test_a_run_that_failed_or_reached_nobody_is_none(output, status):
    with pytest.raises(BongsuError, match=f"exit status {status}"):
        run(output, status).require_ok()


def test_provision_is_read_from_its_json(monkeypatch, tmp_path):
    document = json.dumps({"status": "ok", "hosts": {"server1": {"ok": 4, "changed": 2}}})
    done = subprocess.CompletedProcess([], 0, document, "progress\n")
    monkeypatch.setattr(_play, "timed", lambda argv, env: (done, 3.5))
    lab = SimpleNamespace(inventories=[tmp_path], env=dict)
    found = _play.provision(lab, "--full")
    assert (found.seconds, found.changed) == (3.5, {"server1": 2})


def test_a_command_gets_its_input_and_its_time_is_taken():
    code = "import sys, time; time.sleep(0.2); print(sys.stdin.read().upper()); sys.exit(3)"
    done, seconds = _play.timed([sys.executable, "-c", code], {}, stdin=b"abc")
    assert (done.stdout, done.returncode) == ("ABC\n", 3)
    assert seconds >= 0.2


def test_ways_take_turns():
    order = []

    def way(name, seconds):
        return lambda: order.append(name) or seconds

    found = _play.alternate({"a": way("a", 1.0), "b": way("b", 2.0)}, 3, lambda _: None)
    assert order == ["a", "b"] * 3
    assert found == {"a": [1.0] * 3, "b": [2.0] * 3}


def test_medians():
    assert _play.medians({"a": [9.0, 1.0, 2.0]}) == {"a": 2.0}
