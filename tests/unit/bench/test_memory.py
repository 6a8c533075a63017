"""The memory of a command and of all that it starts, watched on real processes."""

import subprocess
import sys
import time

import pytest

from bongsu.bench import _memory, _play, controller_memory

MIB = 1024  # KiB
HOLD = "import sys; held = bytearray(b'x') * (40 << 20); print(flush=True); sys.stdin.read()"
# The child in a session of its own, and the parent with little: what is found must be the child's.
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}], start_new_session=True)"
# What ssh does: its master leaves the one that started it, and is found by its command line alone.
LEAVES = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {HOLD!r}, 'a-mark-of-this-test'])"


def watched(code, mark="nothing carries this", seconds=0.2):
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with _memory.Watch(process.pid, mark) as watch:
        process.stdout.readline()  # the memory is held
        time.sleep(seconds)
        process.communicate()
    return watch.peak


def test_a_child_counts_with_its_parent():
    peak = watched(PARENT)
    assert 40 < peak.mib < 120
    assert len(peak.parts) >= 2
    assert sum(peak.parts.values()) == peak.kib


def test_what_left_the_tree_counts_by_its_mark():
    assert watched(LEAVES).mib < 40
    assert watched(LEAVES, "a-mark-of-this-test", seconds=1.5).mib > 40


def test_a_process_that_is_gone_has_neither_size_nor_tree():
    process = subprocess.Popen(["true"])
    process.wait()
    assert _memory.pss(process.pid) == 0
    assert _memory.tree(process.pid) == set()


@pytest.mark.parametrize(("mib", "looks", "holds"), [(599, 9, True), (600, 9, False), (0, 0, False)])
def test_the_greater_peak_counts_and_one_never_looked_at_does_not_hold(mib, looks, holds):
    run = _play.Run(60.0, 0, "", {})
    peaks = {"first": _memory.Peak(kib=100 * MIB, looks=9), "full": _memory.Peak(kib=mib * MIB, looks=looks)}
    figure = controller_memory.judge(600, {name: controller_memory.Watched(run, peak) for name, peak in peaks.items()})
    assert (figure.value, figure.holds) == (max(mib, 100), holds)
