"""What a sandbox would deny: held against what real processes of this machine do."""

import json
import os
import socket
import subprocess
import sys

import pytest
from ansible.module_utils.bongsu import sandbox_ask
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.processes import Process

UNIT = "prometheus.service"
ROW = {
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ReadWritePaths": ["/var/lib/prometheus", "-/srv/more"],
    "CapabilityBoundingSet": "none",
    "RestrictAddressFamilies": ["AF_INET", "AF_UNIX"],
    "MemoryDenyWriteExecute": "yes",
}
BUSY = """
import mmap, socket, sys
kept = [open(sys.argv[1] + "/log", "w"), open(sys.argv[1] + "/read"), socket.socket(socket.AF_INET6)]
kept[2].bind(("::1", 0))
kept[2].listen()
kept.append(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
shared = open(sys.argv[1] + "/mapped", "r+b")
kept.append(mmap.mmap(shared.fileno(), 4096))
shared.close()
print("ready", flush=True)
sys.stdin.read()
"""


def told(**does):
    may = sandbox_ask.allowed(ROW, {"RuntimeDirectory": "prometheus"})
    return list(sandbox_ask.complaints(UNIT, may, sandbox_ask.Seen(**does)))


def test_what_is_allowed_is_not_told():
    does = {
        "writes": {"/var/lib/prometheus/wal", "/srv/more/x", "/run/prometheus/x", "/dev/null", "/proc/self/x"},
        "reads": {"/etc/prometheus/prometheus.yml", "/usr/bin/prometheus"},
        "named": {"/var/lib/prometheus"},
        "families": {"AF_INET", "AF_UNIX"},
    }
    assert told(**does) == []


@pytest.mark.parametrize(
    ("does", "words"),
    [
        (
            {"writes": {"/srv/metrics/wal", "/srv/metrics/lock"}},
            "service_sandbox_write_paths: {prometheus.service: [/srv/metrics]}",
        ),
        ({"writes": {"/var/lib/prometheus-old/wal"}}, "writes to /var/lib/prometheus-old/wal"),
        ({"named": {"/srv/metrics"}, "writes": {"/srv/metrics/wal"}}, "[/srv/metrics]"),
        ({"reads": {"/home/ann/prometheus"}}, "uses /home/ann/prometheus"),
        ({"families": {"AF_PACKET"}}, "has sockets of AF_PACKET"),
        ({"is_root": True}, "runs as root"),
        ({"capabilities": {"CAP_NET_ADMIN"}}, "holds CAP_NET_ADMIN"),
        ({"has_new_code": True}, "memory that is both written and run"),
    ],
)
def test_what_would_be_denied_is_told_with_its_cure(does, words):
    sentences = told(**does)
    assert words in sentences[0]
    assert all("bongsu_controls" in one or "service_sandbox_write_paths" in one for one in sentences)


def test_one_directory_is_named_once():
    assert len(told(named={"/srv/metrics"}, writes={"/srv/metrics/wal/1", "/srv/metrics/wal/2"})) == 1


def test_a_sandbox_that_is_made_for_root_says_nothing_of_root():
    may = sandbox_ask.allowed({"CapabilityBoundingSet": ["CAP_DAC_READ_SEARCH", "CAP_NET_ADMIN"]}, {})
    assert not list(sandbox_ask.complaints(UNIT, may, sandbox_ask.Seen(is_root=True, capabilities={"CAP_BPF"})))


def test_what_a_row_does_not_set_it_does_not_deny():
    may = sandbox_ask.allowed({"NoNewPrivileges": "yes"}, {})
    does = sandbox_ask.Seen(
        writes={"/srv/x"}, reads={"/home/x"}, families={"AF_PACKET"}, is_root=True, has_new_code=True
    )
    assert not list(sandbox_ask.complaints(UNIT, may, does))


@pytest.fixture
def busy(tmp_path):
    (tmp_path / "read").touch()
    (tmp_path / "mapped").write_bytes(bytes(4096))
    command = [sys.executable, "-c", BUSY, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


@pytest.mark.skipif(not hasattr(socket, "AF_INET6"), reason="the machine knows no IPv6")
def test_a_process_is_seen_by_what_it_has_open(busy, tmp_path):
    seen = sandbox_ask.Seen()
    sandbox_ask._take_in(seen, Process(busy.pid), sandbox_ask._families())
    assert {f"{tmp_path}/log", f"{tmp_path}/mapped"} <= seen.writes
    assert f"{tmp_path}/read" in seen.reads - seen.writes
    assert str(tmp_path) in seen.named
    assert seen.families >= {"AF_INET6"}
    assert seen.has_new_code
    assert seen.is_root == (os.geteuid() == 0)


def test_rows_are_those_of_the_controls_in_force():
    document = {
        "role": "service_sandbox",
        "controls": [
            {"id": "sandbox.a", "state": "applied", "sandbox": {"a.service/UMask": "0027"}},
            {"id": "sandbox.a-calls", "state": "applied", "sandbox": {"a.service/SystemCallFilter": ["@x"]}},
            {"id": "sandbox.b", "state": "waived", "reason": "r", "until": "2027-01-01"},
        ],
    }
    rows = sandbox_ask.rows(json.dumps(document), "here")
    assert rows == {"a.service": {"UMask": "0027", "SystemCallFilter": ["@x"]}}
    assert sandbox_ask.look({}) == ([], [])
    with pytest.raises(BongsuError, match="here is not as its role writes it"):
        sandbox_ask.rows("[]", "here")
