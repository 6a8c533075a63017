"""What the benchmarks compute from what they saw."""

import importlib
import json

import pytest

from bongsu import bench, proof
from bongsu.bench import broken_push, noop, rerun, strangers
from bongsu.errors import BadInput
from bongsu.events import Failure, HostResult, RunResult


def test_percentile_is_a_value_that_was_measured():
    assert bench.percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert bench.percentile([float(n) for n in range(1, 11)], 0.95) == 10.0
    assert bench.percentile([5.0], 0.95) == 5.0


def test_a_result_is_returned_and_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(rerun, "measure", lambda bar, say: bench.Figure(12.34567, bar > 20, {"a": 1}))
    result = bench.by_name("rerun").measure(print)
    machine = result.pop("machine")
    assert result == {"name": "rerun", "value": 12.346, "unit": "s", "bar": 25, "holds": True, "detail": {"a": 1}}
    kept = json.loads((tmp_path / "bongsu/bench/results.jsonl").read_text())
    assert {key: kept[key] for key in result} == result
    assert kept["machine"] == machine
    assert "at" in kept


@pytest.mark.parametrize("record", [True, False])
def test_a_result_is_recorded_with_the_projects_own_when_asked(monkeypatch, tmp_path, record):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(bench.paths, "project_root", lambda: tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(rerun, "measure", lambda bar, say: bench.Figure(1.0, holds=True))
    bench.by_name("rerun").measure(print, record=record)
    recorded = tmp_path / "benchmarks/results.jsonl"
    assert recorded.exists() == record
    if record:
        assert recorded.read_text() == (tmp_path / "state/bongsu/bench/results.jsonl").read_text()


def test_outside_a_checkout_nothing_is_measured_that_is_to_be_recorded(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(bench.paths, "project_root", lambda: tmp_path)
    monkeypatch.setattr(rerun, "measure", lambda bar, say: pytest.fail("measured"))
    with pytest.raises(BadInput, match="--record"):
        bench.by_name("rerun").measure(print, record=True)


@pytest.mark.parametrize("benchmark", bench.BENCHMARKS, ids=lambda benchmark: benchmark.name)
def test_every_benchmark_can_be_measured(benchmark):
    module, _, function = benchmark.module.partition(":")
    assert callable(getattr(importlib.import_module(f"bongsu.bench.{module}"), function or "measure"))


def test_a_module_may_measure_more_than_one(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(noop, "measure_full", lambda bar, say: bench.Figure(2.0, bar == 2.5))
    assert bench.by_name("noop-full").measure(print)["holds"]


def test_round_trips_of_a_component_alone_and_in_a_loop():
    assert rerun.round_trips({"round_trips": 1}) == [1]
    assert rerun.round_trips({"results": [{"round_trips": 1}, {"round_trips": 2}, {}]}) == [1, 2]
    assert rerun.round_trips({"changed": False}) == []


LISTENING = """\
tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=40,fd=3))
tcp LISTEN 0 4096 *:9100 *:* users:(("prometheus-node",pid=90,fd=3))
tcp LISTEN 0 4096 127.0.0.1:6060 0.0.0.0:* users:(("x",pid=91,fd=3))
tcp LISTEN 0 4096 [::1]:6061 [::]:* users:(("x",pid=91,fd=4))
tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=50,fd=5))
udp UNCONN 0 0 *:9094 *:* users:(("prometheus-aler",pid=92,fd=9))
"""


def test_ports_that_are_ours_and_open_to_others():
    assert strangers.ports(LISTENING) == [9094, 9100]


SNAPSHOT = """\
aaaa  /etc/prometheus/prometheus.yml
Id=prometheus.service
ActiveState=active
InvocationID=1234
"""


def test_a_snapshot_has_files_and_units():
    assert broken_push.parse_snapshot(SNAPSHOT) == {
        "/etc/prometheus/prometheus.yml": "aaaa",
        "prometheus.service": "active 1234",
    }


@pytest.mark.parametrize(
    ("status", "message", "changed", "promises"),
    [
        ("failed", "x: parse error near ==", {}, 0),
        ("failed", "something else", {}, 1),
        ("ok", "", {}, 2),
        ("failed", "parse error", {"prometheus.service": "active 99"}, 1),
        ("failed", "parse error", {"prometheus.service": "failed "}, 2),
    ],
)
def test_promises_of_a_broken_push(status, message, changed, promises):
    push = broken_push.Push("rule", {}, "parse error")
    before = broken_push.parse_snapshot(SNAPSHOT)
    failures = [Failure("T", "x:1", message)] if message else []
    result = RunResult(status, {"m": HostResult(failures=failures)})
    found = broken_push.unkept(push, result, {"m": before}, {"m": before | changed})
    assert len(found) == promises, found


def notification(at, status, name="nginx.service", host="server1"):
    labels = {"alertname": "ServiceDown", "instance": host, "name": name}
    return {"received_at": at, "path": "/page", "body": {"alerts": [{"status": status, "labels": labels}]}}


def test_only_notifications_of_this_unit_on_this_host_since_then_count():
    received = [
        notification(1.0, "firing"),
        notification(5.0, "firing"),
        notification(6.0, "resolved"),
        notification(7.0, "firing", host="server2"),
        notification(8.0, "firing", name="ssh.service"),
        {"received_at": 9.0, "path": "/page", "body": "no JSON"},
    ]
    assert proof.firing(received, "server1", "nginx.service", "firing", 2.0) == [5.0]
