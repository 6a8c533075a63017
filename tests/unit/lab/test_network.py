from __future__ import annotations

import pytest

from bongsu.errors import BadInput
from bongsu.lab import network
from bongsu.lab.spec import parse_spec


class FakePodman:
    def __init__(self, found):
        self.found = found
        self.ran = []

    def network(self, name):
        assert name == "bongsu"
        return self.found

    def run(self, *arguments):
        self.ran.append(arguments)


@pytest.fixture
def spec(hostvars):
    return parse_spec(hostvars, "here")


@pytest.fixture(autouse=True)
def routes(monkeypatch):
    monkeypatch.setattr(network.machine, "routes", lambda: [{"dst": "192.0.2.0/24", "dev": "eth0"}])


def described(label="bongsu", subnet="10.89.77.0/24"):
    return {"labels": {"bongsu.lab": label}, "subnets": [{"subnet": subnet}], "network_interface": "podman7"}


@pytest.fixture(autouse=True)
def told(monkeypatch, tmp_path):
    """What is told to `ip`, on a machine without links."""
    told = []
    monkeypatch.setattr(network, "LINKS", tmp_path)
    monkeypatch.setattr(network, "_ip", lambda *arguments: told.append(arguments))
    return told


def test_it_is_made_with_the_labs_label(spec):
    podman = FakePodman(None)
    network.ensure(podman, spec)
    (command,) = podman.ran
    assert {"--label=bongsu.lab=bongsu", "--subnet=10.89.77.0/24", "--disable-dns"} <= set(command)


def test_one_that_is_right_stays(spec):
    podman = FakePodman(described())
    network.ensure(podman, spec)
    assert podman.ran == []


def test_a_range_in_use_is_told(spec, monkeypatch):
    monkeypatch.setattr(network.machine, "routes", lambda: [{"dst": "10.89.0.0/16", "dev": "wg0"}])
    with pytest.raises(BadInput, match=r"already uses 10\.89\.0\.0/16 on wg0; choose another range"):
        network.ensure(FakePodman(None), spec)


def test_anothers_network_of_that_name_is_not_taken(spec):
    with pytest.raises(BadInput, match="not the lab's; choose another lab_name"):
        network.ensure(FakePodman({"subnets": []}), spec)


def test_a_changed_range_needs_a_lab_down(spec):
    with pytest.raises(BadInput, match=r"started on 10\.1\.0\.0/24; run `bongsu lab down` first"):
        network.ensure(FakePodman(described(subnet="10.1.0.0/24")), spec)


@pytest.mark.parametrize("found", [None, described(label="another"), {"subnets": []}])
def test_what_is_not_the_labs_is_never_removed(found):
    podman = FakePodman(found)
    network.remove(podman, "bongsu")
    assert podman.ran == []


def test_its_own_is_removed(told):
    podman = FakePodman(described())
    network.remove(podman, "bongsu")
    assert podman.ran == [("network", "rm", "bongsu")]
    assert told == []


def test_a_bridge_that_killed_hosts_left_goes_too(told, tmp_path):
    (tmp_path / "podman7").mkdir()
    network.remove(FakePodman(described()), "bongsu")
    assert told == [("link", "delete", "dev", "podman7")]
