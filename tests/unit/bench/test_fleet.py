"""The inventory of a fleet: what it holds, and that it leaves the operator's own lab alone."""

import pytest

from bongsu.bench import _fleet
from bongsu.lab.spec import read_spec


def all_hosts(count):
    groups = _fleet.hosts_document(count)["all"]["children"]
    return {name: host for group in groups.values() for name, host in group["hosts"].items()}


@pytest.mark.parametrize("count", [3, 6, 12, 40, 200])
def test_two_monitors_and_the_rest_servers_with_addresses_of_their_own(count):
    groups = _fleet.hosts_document(count)["all"]["children"]
    assert [len(groups[name]["hosts"]) for name in ("monitors", "servers")] == [2, count - 2]
    addresses = [host["ansible_host"] for host in all_hosts(count).values()]
    assert len(set(addresses)) == count
    assert all(address.startswith("10.89.90.") and 10 < int(address.split(".")[3]) < 255 for address in addresses)
    assert {host["lab_release"] for host in groups["monitors"]["hosts"].values()} == {"12", "13"}


def test_a_smaller_fleet_is_part_of_a_larger_one():
    assert all_hosts(3).items() <= all_hosts(6).items() <= all_hosts(40).items()


@pytest.mark.parametrize("count", [2, 201])
def test_a_fleet_without_servers_or_past_its_network_is_refused(count):
    with pytest.raises(ValueError, match="3 to 200"):
        _fleet.host_names(count)


def test_the_inventory_is_a_lab_with_the_settings_of_the_projects_own(tmp_path):
    _fleet.write_inventory(tmp_path, _fleet.hosts_document(5))
    spec = read_spec(tmp_path)
    assert (spec.name, str(spec.subnet), len(spec.hosts)) == ("bongsu-bench", "10.89.90.0/24", 5)
    assert spec.host("server1").units == ("nginx.service",)
    texts = [file.read_text() for file in tmp_path.rglob("*.yml")]
    assert any(f"http://{spec.sink_address}:8080/page" in text for text in texts)
    assert not any("10.89.77." in text for text in texts)


def test_a_host_alone_is_its_own_monitor(tmp_path):
    _fleet.write_inventory(tmp_path, _fleet.alone_document("12"))
    (host,) = read_spec(tmp_path).hosts
    assert (host.name, host.release) == ("alone", "12")
