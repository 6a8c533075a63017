"""The filters of the firewall give a component its files, and tell every mistake at once."""

import json
import runpy

import pytest
from ansible.errors import AnsibleFilterError

from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/firewall.py"))
firewall_rules, probed_ports = FILTERS["firewall_rules"], FILTERS["probed_ports"]
MONITORS = {"monitors": ["10.0.0.1"]}


def test_each_entry_is_its_rules_and_its_answers():
    allow = {"db": {"ports": [5432], "from": ["monitors"]}}
    rules = firewall_rules(MONITORS, allow, [80], [], [22])
    assert rules["sets"] == {"monitors_v4": ["10.0.0.1"], "monitors_v6": []}
    assert rules["answered"] == ["22/tcp", "80/tcp", "5432/tcp"]
    assert sorted(rules["rules"]) == ["db", "open"]
    assert rules["rules"]["open"] == ["tcp dport { 80 } counter name accepted_open accept"]
    wanted = {"answered": rules["answered"], "open": [80, "53/udp"]}
    assert json.loads(FILTERS["firewall_document"](wanted)) == wanted


def test_nothing_open_makes_no_rule():
    assert firewall_rules({}, {}, [], [], [22])["rules"] == {}


def test_what_is_probed_is_open_to_the_monitors_and_answers_nothing():
    """A web site that the monitors probe is the world's: whether it may be closed to the world must be asked."""
    rules = firewall_rules(MONITORS, {}, [], [], [22], probed=[443])
    assert "ip saddr @monitors_v4 tcp dport { 443 } counter name accepted_probes accept" in rules["rules"]["probes"]
    assert rules["answered"] == ["22/tcp"]
    mine = {"probes": {"ports": [443], "from": ["any"]}}
    rules = firewall_rules(MONITORS, mine, [], [], [22], probed=[443, 80])
    assert rules["rules"]["probes"] == ["tcp dport { 443 } counter name accepted_probes accept"]
    assert rules["answered"] == ["22/tcp", "443/tcp"]


@pytest.mark.parametrize(
    ("target", "module", "ports"),
    [
        ("https://www.example.org/health", None, [443]),
        ("http://[2001:db8::1]:8080/", "http_no_follow", [8080]),
        ("www.example.org", "http_2xx", [80]),
        ("db1:5432", "tcp_connect", [5432]),
        ("[2001:db8::1]:5432", "tcp_tls_internal", [5432]),
        ("ns1", "dns", ["53/udp"]),
        ("ns1:5353", "dns", ["5353/udp"]),
        ("2001:db8::53", "dns", ["53/udp"]),
        ("db1", "icmp", []),
        ("2001:db8::1", "icmp", []),
        ("db1", "of_somebody", []),
    ],
)
def test_the_port_of_a_probe(target, module, ports):
    probe = {"name": "x", "target": target} | ({"module": module} if module else {})
    assert probed_ports([probe, probe]) == ports


def test_all_mistakes_are_told_at_once():
    with pytest.raises(AnsibleFilterError, match=r"firewall_sets\.a\[0\]: 'x' .*; firewall_open\[0\]: '99999' is no"):
        firewall_rules({"a": ["x"]}, {}, [99999], [], [22])


def test_of_operators_those_count_whose_address_is_known():
    given = ["192.0.2.7", "laptop.example.org", "2001:db8::/32", "10.0.0.1/8"]
    assert FILTERS["addresses"](given) == ["192.0.2.7", "2001:db8::/32"]
