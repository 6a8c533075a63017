"""What an inventory says of who may reach what becomes rules of nft, or is told with its place and its cure."""

import pytest

from bongsu import firewall

SETS = {"monitors": ["10.0.0.1", "10.0.0.0/31", "2001:db8::1"], "empty": []}


def read(**given):
    values = {"sets": SETS, "allow": {}, "opened": [], "closed": [], "ssh_ports": [22], **given}
    return firewall.read(*values.values())


def test_a_set_is_matched_in_both_versions_of_ip():
    found = read(allow={"metrics": {"ports": [9100, 9115], "from": ["monitors"]}})
    assert found.problems == []
    assert found.rules["metrics"] == [
        "ip saddr @monitors_v4 tcp dport { 9100, 9115 } counter name accepted_metrics accept",
        "ip6 saddr @monitors_v6 tcp dport { 9100, 9115 } counter name accepted_metrics accept",
    ]
    assert firewall.elements(found.sets["monitors"], 4) == ["10.0.0.0/31"]
    assert firewall.elements(found.sets["monitors"], 6) == ["2001:db8::1"]


def test_addresses_are_matched_themselves_and_everyone_needs_no_match():
    allow = {"db": {"ports": ["5432-5434", 5433], "from": ["192.0.2.7", "2001:db8:1::/48", "192.0.2.0/24"]}}
    assert read(allow=allow).rules["db"] == [
        "ip saddr { 192.0.2.0/24 } tcp dport { 5432-5434 } counter name accepted_db accept",
        "ip6 saddr { 2001:db8:1::/48 } tcp dport { 5432-5434 } counter name accepted_db accept",
    ]
    web = {"ports": [80, "443/udp"], "from": ["monitors", "any"]}
    assert read(allow={"web": web}).rules["web"] == [
        "tcp dport { 80 } counter name accepted_web accept",
        "udp dport { 443 } counter name accepted_web accept",
    ]


@pytest.mark.parametrize(("protocol", "number"), [("vrrp", 112), (47, 47)])
def test_what_has_no_ports_is_matched_by_number_and_answered_for(protocol, number):
    found = read(allow={"x": {"protocol": protocol, "from": ["any"]}})
    assert found.rules["x"] == [f"meta l4proto {number} counter name accepted_x accept"]
    assert f"{number}/ip" in found.ports()
    opened = read(opened=[f"{number}/ip", 80])
    assert opened.rules["open"] == [
        f"meta l4proto {{ {number} }} counter name accepted_open accept",
        "tcp dport { 80 } counter name accepted_open accept",
    ]


def test_the_ports_that_are_answered_for():
    found = read(
        allow={"a": {"ports": [81], "from": ["monitors"]}, "b": {"protocol": "udp", "ports": [53], "from": ["any"]}},
        opened=[80, "82-90"],
        closed=["111/udp", "112/ip", "4-6/ip"],
        ssh_ports=[22, 2222],
    )
    assert found.ports() == ["22/tcp", "80-90/tcp", "2222/tcp", "53/udp", "111/udp", "4-6/ip", "112/ip"]


@pytest.mark.parametrize(
    ("given", "place", "words"),
    [
        ({"opened": [0]}, "firewall_open[0]", "'0' is no port"),
        ({"opened": [80, "90-80"]}, "firewall_open[1]", "'90-80' is no port; write a number from 1 to 65535"),
        ({"opened": ["256/ip"]}, "firewall_open[0]", "'256/ip' is no port"),
        ({"opened": ["4-6/ip"]}, "firewall_open[0]", "'4-6/ip' would be all of TCP; name ports"),
        ({"allow": {"x": {"ports": ["6/ip"], "from": ["any"]}}}, "firewall_allow.x.ports[0]", "would be all of TCP"),
        ({"closed": ["0/ip"]}, "firewall_close[0]", "'0/ip' is no port"),
        ({"closed": [True]}, "firewall_close[0]", "'True' is no port"),
        ({"opened": 80}, "firewall_open", "is not a list; write it in brackets"),
        ({"ssh_ports": []}, "firewall_ssh_ports", "would shut everybody out"),
        ({"sets": {"web": ["web1"]}}, "firewall_sets.web[0]", "'web1' is no address"),
        ({"sets": {"web": ["10.0.0.1/8"]}}, "firewall_sets.web[0]", "write '10.0.0.0/8'"),
        ({"sets": {"Web-1": []}}, "firewall_sets.Web-1", "is no name for a set"),
        ({"sets": []}, "firewall_sets", "is not a mapping"),
        ({"allow": {"x": [5432]}}, "firewall_allow.x", "is not a mapping; write {ports: [5432]"),
        ({"allow": {"x": {"ports": [1]}}}, "firewall_allow.x.from", "says nobody"),
        ({"allow": {"x": {"from": ["any"]}}}, "firewall_allow.x.ports", "names no port"),
        ({"allow": {"ssh": {"ports": [1], "from": ["any"]}}}, "firewall_allow.ssh", "is one of bongsu's own"),
        ({"allow": {"x": {"port": [1], "ports": [1], "from": ["any"]}}}, "firewall_allow.x.port", "'ports'?"),
        ({"allow": {"x": {"ports": [1], "from": ["montors"]}}}, "firewall_allow.x.from[0]", "mean 'monitors'?"),
        ({"allow": {"x": {"ports": [1], "from": ["nope"]}}}, "firewall_allow.x.from[0]", "known are empty, monitors"),
        ({"allow": {"x": {"ports": [1], "from": ["10.0.0.300"]}}}, "firewall_allow.x.from[0]", "is no address"),
        ({"allow": {"x": {"protocol": "icq", "from": ["any"]}}}, "firewall_allow.x.protocol", "'icq' is not known"),
        ({"allow": {"x": {"protocol": "esp", "ports": [1], "from": ["any"]}}}, "firewall_allow.x.ports", "no ports"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_cure(given, place, words):
    ((found, said),) = read(**given).problems
    assert found == place
    assert words in said
