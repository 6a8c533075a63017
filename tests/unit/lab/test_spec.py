from __future__ import annotations

import pytest

from bongsu.errors import BadInput
from bongsu.lab.spec import parse_spec, read_spec


def test_hosts_come_sorted_with_their_addresses(hostvars):
    spec = parse_spec(hostvars, "here")
    assert [(host.name, host.release, host.address) for host in spec.hosts] == [
        ("mon", "12", "10.89.77.11"),
        ("web", "13", "10.89.77.21"),
    ]
    assert spec.host("web").units == ("nginx.service",)
    assert (spec.gateway, spec.sink_address, spec.releases) == ("10.89.77.1", "10.89.77.5", ["12", "13"])


def test_the_mac_address_follows_the_address(hostvars):
    assert parse_spec(hostvars, "here").host("mon").mac == "02:b0:0a:59:4d:0b"


@pytest.mark.parametrize(
    ("host", "change", "words"),
    [
        ("web", {"lab_release": "11"}, ["web", "lab_release", '"12" or "13"', "'11'"]),
        ("web", {"ansible_host": "10.1.1.1"}, ["web", "ansible_host", "10.89.77.0/24"]),
        ("web", {"ansible_host": "web.example"}, ["web", "ansible_host", "'web.example'"]),
        ("web", {"ansible_host": "10.89.77.11"}, ["web", "already the address of mon"]),
        ("web", {"ansible_host": "10.89.77.5"}, ["web", "already the address of the sink"]),
        ("web", {"ansible_host": "10.89.77.1"}, ["web", "already the address of the machine"]),
        ("web", {"lab_name": "other"}, ["lab_name", "group 'all'"]),
        ("web", {"lab_units": "nginx"}, ["web", "lab_units", "a list"]),
        (None, {"lab_name": "Lab 1"}, ["lab_name", "'Lab 1'", "small letters"]),
        (None, {"lab_subnet": "10.89.77.9/24"}, ["lab_subnet", "10.89.77.0/24"]),
        (None, {"lab_subnet": ""}, ["lab_subnet", "group 'all'"]),
    ],
)
def test_a_mistake_is_named_with_its_place(hostvars, host, change, words):
    changed = {name: values | change if host in (None, name) else values for name, values in hostvars.items()}
    with pytest.raises(BadInput) as error:
        parse_spec(changed, "inventory/mine")
    assert str(error.value).startswith("inventory/mine: ")
    for word in words:
        assert word in str(error.value)


def test_an_unknown_host_is_answered_with_the_known_ones(hostvars):
    with pytest.raises(BadInput, match="no host 'db'; it has mon, web"):
        parse_spec(hostvars, "here").host("db")


def test_no_hosts():
    with pytest.raises(BadInput, match="no hosts"):
        parse_spec({}, "here")


def test_a_missing_inventory(tmp_path):
    with pytest.raises(BadInput, match="no such inventory"):
        read_spec(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("inventory", "name", "hosts"),
    [
        ("inventory/lab", "bongsu", ["monitor1", "monitor2", "server1", "server2"]),
        ("tests/molecule/inventory", "bongsu-molecule-0", ["debian12", "debian13"]),
    ],
)
@pytest.mark.usefixtures("state_home")
def test_the_projects_own_inventories(root, inventory, name, hosts):
    spec = read_spec(root / inventory)
    assert spec.name == name
    assert [host.name for host in spec.hosts] == hosts
    assert spec.releases == ["12", "13"]


@pytest.mark.usefixtures("state_home")
def test_the_receivers_of_the_lab_are_its_sink(root):
    text = (root / "inventory/lab/group_vars/monitors.yml").read_text()
    sink = read_spec(root / "inventory/lab").sink_address
    assert text.count(f"url: http://{sink}:8080/") == text.count("url:")
