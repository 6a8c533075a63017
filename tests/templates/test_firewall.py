"""The rules hold what the profile and the inventory say, and the role's own words agree with the host's."""

import json
import re

import pytest
from rendering import Site

CONF = "/etc/nftables.conf"


def files(host="web1", **variables):
    given = {"firewall_open": [80], "firewall_sets": {"operators": ["192.0.2.7"]}, **variables}
    return Site({"mon1": "10.0.0.1", "mon2": "10.0.0.2"}, {"web1": "10.0.0.3"}, **given).files("firewall", host)


def rules(host="web1", **variables):
    return " ".join(files(host, **variables)[CONF].split())


def answered(host="web1", **variables):
    return json.loads(files(host, **variables)["/etc/bongsu/firewall.json"])["answered"]


def test_the_table_is_made_anew_and_no_other_is_touched():
    text = rules()
    assert "add table inet bongsu delete table inet bongsu table inet bongsu {" in text
    assert not [line for line in files()[CONF].splitlines() if "flush" in line and not line.startswith("#")]


def test_the_monitors_are_those_of_the_group():
    assert "elements = { 10.0.0.1, 10.0.0.2 }" in rules()
    assert "elements = { 10.0.0.2 }" in rules("mon1")
    named = rules(firewall_allow={"db": {"ports": [5432], "from": ["monitors"]}})
    assert "ip saddr @monitors_v4 tcp dport { 5432 }" in named


def test_the_monitors_reach_what_they_watch():
    everywhere, between = "tcp dport { 9100 }", ["9090", "9093", "9094", "9115"]
    assert f"@monitors_v4 {everywhere}" in rules()
    assert not [port for port in between if f"dport {{ {port} }}" in rules()]
    monitor = rules("mon1", prometheus_port=19090)
    assert f"@monitors_v4 {everywhere}" in monitor
    assert not [
        port for port in ("19090", *between[1:]) if f"ip saddr @monitors_v4 tcp dport {{ {port} }}" not in monitor
    ]
    assert "ip saddr @operators_v4 tcp dport { 9093 }" in monitor
    assert "@operators_v4 tcp dport { 9094 }" not in monitor
    assert "192.0.2.9" in rules("mon1", bongsu_operators=["192.0.2.9", "laptop"], firewall_sets={})
    assert {"9100/tcp"} <= {*answered()}
    assert {"9093-9094/tcp", "9115/tcp"} <= {*answered("mon1")}


def test_what_is_probed_is_open_to_the_monitors_and_still_asked_about():
    probes = {"blackbox_exporter_probes": [{"name": "site", "target": "https://www.example.org/"}]}
    assert "ip saddr @monitors_v4 tcp dport { 443 } counter name accepted_probes" in rules(**probes)
    assert "443/tcp" not in answered(**probes)


def test_without_monitors_nothing_is_open_for_them():
    alone = Site({}, {"web1": "10.0.0.3"}).files("firewall", "web1")
    assert "9100" not in alone[CONF]
    assert json.loads(alone["/etc/bongsu/firewall.json"])["answered"] == ["22/tcp", "68/udp", "546/udp"]


@pytest.mark.parametrize(("profile", "policy"), [("small", "accept"), ("strict", "drop")])
def test_what_is_forwarded_is_only_strict_s_business(profile, policy):
    text = rules(firewall_profile=profile, firewall_forward_interfaces=["podman*"])
    assert f"hook forward priority filter; policy {policy};" in text
    assert ('oifname "podman*" accept' in text) is (profile == "strict")


def test_an_entry_of_the_inventory_takes_the_place_of_the_role_s():
    mine = rules(firewall_allow={"node_exporter": {"ports": [9100], "from": ["10.9.0.0/16"]}})
    assert "ip saddr { 10.9.0.0/16 } tcp dport { 9100 } counter name accepted_node_exporter accept" in mine
    assert "@monitors_v4 tcp dport" not in mine


def test_a_waived_control_leaves_no_rule():
    until = {"waived": "x", "until": "2031-01-01"}
    waived = {f"firewall.{name}": until for name in ("input", "loopback", "invalid", "ssh-rate", "ping", "log")}
    text = rules(firewall_controls=waived)
    assert "hook input priority filter; policy accept;" in text
    assert not re.search(r"\bdrop\b", text)
    assert "limit rate" not in text


def test_another_port_of_ssh_is_the_one_that_is_open():
    assert "tcp dport { 2022 } jump ssh_new" in rules(ansible_port=2022)


def test_where_it_is_not_wanted_it_does_not_matter_how_others_are_named():
    site = Site({"mon1": "mon1.example.org"}, {"web1": "10.0.0.3"}, bongsu_profile="none")
    assert site.component("firewall", "web1")["files"] == []
    alone = Site({"mon1": "mon1.example.org"})
    assert "set monitors_v4" in alone.files("firewall", "mon1")[CONF]
