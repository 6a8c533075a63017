import importlib.util
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

SOURCE = Path(__file__).parents[2] / "plugins/filter/hosts.py"
spec = importlib.util.spec_from_file_location("bongsu_filter_hosts", SOURCE)
assert spec is not None
assert spec.loader is not None
hosts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hosts)


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "web1"),
        ({"ansible_host": "10.0.0.7"}, "10.0.0.7"),
        ({"ansible_host": "10.0.0.7", "bongsu_address": "192.0.2.7"}, "192.0.2.7"),
        ({"ansible_connection": "local"}, "127.0.0.1"),
        ({"ansible_connection": "local", "bongsu_address": "192.0.2.7"}, "192.0.2.7"),
        ({"ansible_connection": "ssh"}, "web1"),
        ({"ansible_host": "", "bongsu_address": None}, "web1"),
        ({"ansible_host": "[2001:db8::7]"}, "2001:db8::7"),
    ],
)
def test_the_first_thing_known_is_the_address(variables, address):
    assert hosts.host_address({"inventory_hostname": "web1", **variables}) == address


@pytest.mark.parametrize("wrong", ["web1", None, {}])
def test_a_host_name_in_place_of_its_variables_is_told(wrong):
    with pytest.raises(AnsibleFilterError, match="hostvars"):
        hosts.host_address(wrong)


@pytest.mark.parametrize(
    ("text", "expected"), [("10.0.0.7", True), ("::1", True), ("web1", False), ("10.0.0", False), ("", False)]
)
def test_an_address_is_told_from_a_name(text, expected):
    assert hosts.is_ip(text) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [("web1", "web1:9100"), ("10.0.0.7", "10.0.0.7:9100"), ("::1", "[::1]:9100"), ("[::1]", "[::1]:9100")],
)
def test_address_and_port_are_joined(address, expected):
    assert hosts.endpoint(address, 9100) == expected
    assert hosts.endpoint(address, "9100") == expected


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_an_impossible_port_is_refused(port):
    with pytest.raises(AnsibleFilterError, match="not a port"):
        hosts.endpoint("web1", port)
