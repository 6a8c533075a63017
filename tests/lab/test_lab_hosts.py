"""The lab itself, with the two hosts of the molecule inventory: are they what a real server is, on both releases?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bongsu import paths
from bongsu.lab import Lab, machine

HOSTS = ("debian12", "debian13")


@pytest.fixture(scope="module")
def lab():
    lab = Lab.load(paths.project_root() / "tests/molecule/inventory")
    lab.up()
    yield lab
    lab.down()


@pytest.mark.parametrize("host", HOSTS)
def test_systemd_has_settled(lab, host):
    assert lab.run(host, ["systemctl", "is-system-running"]).stdout.strip() == "running"


@pytest.mark.parametrize("host", HOSTS)
def test_the_host_is_of_its_release(lab, host):
    release = lab.run(host, ["cat", "/etc/debian_version"]).stdout
    assert release.startswith(lab.spec.host(host).release)


def test_another_host_key_is_refused(lab):
    pinned = lab.state.known_hosts.read_text()
    (one, other) = (line.split() for line in pinned.splitlines())
    lab.state.known_hosts.write_text(f"{one[0]} {' '.join(other[1:])}\n")
    try:
        done = subprocess.run(lab.ssh_argv("debian12", "true"), capture_output=True, text=True, check=False)
    finally:
        lab.state.known_hosts.write_text(pinned)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


@pytest.mark.parametrize("host", HOSTS)
def test_systemds_sandboxing_is_real(lab, host):
    sandboxed = "systemd-run --quiet --wait --pipe --collect --property=ProtectSystem=strict"
    denied = lab.run(host, f"{sandboxed} touch /opt/denied")
    assert denied.returncode != 0
    assert "Read-only file system" in denied.stderr
    lab.run(host, f"{sandboxed} --property=ReadWritePaths=/opt touch /opt/allowed", check=True)


@pytest.mark.parametrize("host", HOSTS)
def test_packages_install_at_once(lab, host):
    lab.run(host, "apt-get install --yes --no-install-recommends tree", check=True, timeout=120)
    assert lab.run(host, ["tree", "--version"]).returncode == 0


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_host_comes_back_as_it_was(lab, host, end):
    identity = "cat /sys/class/net/eth0/address /etc/machine-id; ip -brief -4 address show eth0 | awk '{print $3}'"
    before = lab.run(host, identity, check=True).stdout
    lab.run(host, ["logger", f"before-{end}"], check=True)
    lab.run(host, ["journalctl", "--sync"], check=True)
    getattr(lab, end)(host)
    assert [one.state for one in lab.status() if one.name == host] == ["stopped"]
    lab.start(host)
    assert lab.run(host, identity, check=True).stdout == before
    assert f"before-{end}" in lab.run(host, ["journalctl", "--no-pager", f"--grep=before-{end}"]).stdout


def test_the_bridge_keeps_its_address_when_a_lower_one_comes(lab):
    """Else every host would send to an address that is gone, each time a certain other one restarts."""
    bridge = lab.podman.network(lab.name)["network_interface"]
    address = Path(f"/sys/class/net/{bridge}/address")
    before = address.read_text()
    port = "address 02:00:00:00:00:01 type veth peer name lowest1"
    commands = [f"add lowest0 {port}", f"set lowest0 master {bridge}"]
    try:
        for command in commands:
            subprocess.run(["ip", "link", *command.split()], check=True, env=machine.environment())
        assert address.read_text() == before
    finally:
        subprocess.run(["ip", "link", "delete", "lowest0"], check=True, env=machine.environment())


def test_a_second_up_touches_nothing(lab):
    started = {name: entry["Id"] for name, entry in lab.podman.containers(lab.name).items()}
    said = []
    lab.up(lambda *event: said.append(event))
    assert {name: entry["Id"] for name, entry in lab.podman.containers(lab.name).items()} == started
    assert not any("creating" in message or "starting" in message for _, message in said)


def test_the_sink_takes_notifications_from_the_hosts_with_the_token_alone(lab):
    script = """
import sys, urllib.request, urllib.error
request = urllib.request.Request(sys.argv[1], data=b'{"n": 1}', headers={"Authorization": "Bearer " + sys.argv[2]})
try:
    print(urllib.request.urlopen(request, timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""
    url = lab.sink_url("page")
    answers = [
        lab.run("debian12", ["python3", "-", url, token], stdin=script).stdout.strip()
        for token in ("wrong", lab.secrets()["lab_sink_token"])
    ]
    assert answers == ["401", "200"]
    assert [(entry["path"], entry["body"]) for entry in lab.received()] == [("/page", {"n": 1})]
