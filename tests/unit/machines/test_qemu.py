from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bongsu.errors import BadInput
from bongsu.machines import needs, qemu
from bongsu.machines.images import Image

IMAGE = Image(Path("/cache/13-abc"))
FILES = qemu.Files(Path("/state/overlay.qcow2"), Path("/state/console.log"))


def test_the_image_is_never_written_to():
    arguments = qemu.arguments(IMAGE, FILES, 2222, "tcg")
    assert not any(str(IMAGE.disk) in word for word in arguments)
    assert any("file=/state/overlay.qcow2" in word for word in arguments)
    create = qemu.overlay_arguments(IMAGE, FILES)
    assert create[create.index("-b") + 1] == str(IMAGE.disk)
    assert create[-1] == "/state/overlay.qcow2"


def test_only_this_machine_reaches_the_guest():
    network = next(word for word in qemu.arguments(IMAGE, FILES, 2222, "tcg") if word.startswith("user,"))
    assert "hostfwd=tcp:127.0.0.1:2222-:22" in network


def test_flushes_reach_the_disk_and_nothing_else_is_promised():
    assert any("cache=writeback" in word for word in qemu.arguments(IMAGE, FILES, 1, "tcg"))


def test_a_comma_in_a_path_does_not_end_it():
    files = qemu.Files(Path("/a,b/overlay"), Path("/a,b/console"))
    words = qemu.arguments(IMAGE, files, 1, "tcg")
    assert any("file=/a,,b/overlay" in word for word in words)
    assert any("path=/a,,b/console" in word for word in words)


@pytest.mark.parametrize(("environment", "accel"), [({}, "tcg"), ({"BONGSU_MACHINES_ACCEL": "kvm"}, "kvm")])
def test_kvm_is_for_those_who_ask_for_it(environment, accel):
    assert qemu.acceleration(environment) == accel


def test_an_unknown_acceleration_is_told():
    with pytest.raises(BadInput, match="BONGSU_MACHINES_ACCEL=hvf: write tcg or kvm"):
        qemu.acceleration({"BONGSU_MACHINES_ACCEL": "hvf"})


def test_a_guest_dies_with_the_tests_that_started_it():
    code = """
import time
from bongsu.machines import qemu
print(qemu.start(["sleep", "600"]).pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        guest = int(starter.stdout.readline())
        await_that(lambda: b"sleep" in Path(f"/proc/{guest}/cmdline").read_bytes().split(b"\0")[0])
        starter.kill()
    await_that(lambda: not is_running(guest))


def test_what_is_missing_is_named_as_apt_knows_it():
    assert needs.missing_packages(lambda _path: True) == []
    assert needs.missing_packages(lambda path: "qemu" not in path) == ["qemu-system-x86", "qemu-utils"]


def await_that(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return state not in "ZX"  # one that nobody waits for stays as a zombie
