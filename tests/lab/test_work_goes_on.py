"""An ordinary server's services go on while the baseline comes, with the profile small, and after the next boot."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bongsu.bench import _hardening, _play
from bongsu.lab import machine

HOSTS = {"debian12": "debian13", "debian13": "debian12"}  # each serves the other
SERVICES = {"nginx", "postgresql", "redis", "python", "guest"}
CONTROLS = ("/usr/bin/python3", "-I", "/usr/lib/bongsu/bongsu", "controls")
SCRIPTS = Path(__file__).with_name("working")


@pytest.fixture(scope="module")
def serving(working):
    """The lab, with every service of its hosts at work."""
    lab = working.lab
    script = (SCRIPTS / "serve.sh").read_text()
    jobs = {
        host: subprocess.Popen(
            [*lab.ssh_argv(host, "sh", "-s", lab.spec.host(peer).address)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=machine.environment(),
        )
        for host, peer in HOSTS.items()
    }
    for host, job in jobs.items():
        said, _ = job.communicate(script, timeout=300)
        assert job.returncode == 0, f"{host}: {said}"
    with called(lab) as told:
        time.sleep(5)
    assert_unharmed(told)  # what follows is else about nothing
    return lab


@contextmanager
def called(lab) -> Iterator[dict[str, dict[str, dict[str, object]]]]:
    """Have each host call its peer's services all through the block; what they saw is told when it has ended."""
    callers, told = {}, {}
    for host, peer in HOSTS.items():
        lab.run(host, ["tee", "/root/call.py"], stdin=(SCRIPTS / "call.py").read_text(), check=True)
        callers[host] = subprocess.Popen(
            lab.ssh_argv(host, "python3", "/root/call.py", lab.spec.host(peer).address),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=machine.environment(),
        )
    try:
        yield told
    finally:
        for host, caller in callers.items():
            answer, _ = caller.communicate("enough\n", timeout=60)
            told[host] = json.loads(answer)


def assert_unharmed(told):
    assert told.keys() == HOSTS.keys()
    for services in told.values():
        assert services.keys() == SERVICES
        assert min(one["calls"] for one in services.values()) >= 5
    failures = [f"{host}: {name} {line}" for host in told for name in SERVICES for line in told[host][name]["failures"]]
    assert not failures, "\n".join(failures[:20])


def test_no_call_fails_while_the_baseline_comes(serving, tmp_path):
    with called(serving) as told:
        _play.playbook(serving, _hardening.playbook(tmp_path, "small")).require_ok()
        _play.playbook(serving, _hardening.playbook(tmp_path, "small")).require_unchanged()
    assert_unharmed(told)


@pytest.mark.parametrize("host", HOSTS)
def test_the_services_and_the_controls_are_back_after_the_next_boot(serving, host, eventually):
    serving.stop(host)
    serving.start(host)
    serving.run(host, ["systemctl", "is-system-running", "--wait"])

    def answered():
        with called(serving) as told:
            time.sleep(2)
        return not [one for services in told.values() for one in services.values() if one["failures"]]

    eventually(answered, 60)
    told = serving.run(host, [*CONTROLS, "--json"])
    states = {one["control"]: one for one in json.loads(told.stdout)}
    assert not [one for one in states.values() if one["state"] == "ineffective"], "not in effect after the boot"
    assert states["firewall.input"]["state"] == states["kernel.redirects"]["state"] == "applied"
