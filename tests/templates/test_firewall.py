"""The rules hold what the profile and the inventory say, and the role's own words agree with the host's."""

import re

import pytest
from ansible.module_utils.bongsu import firewall_host
from rendering import Site

CONF = "/etc/nftables.conf"


def files(**variables):
    given = {"firewall_open": [80], "firewall_sets": {"operators": ["192.0.2.7"]}, **variables}
    return Site({"mon1": "10.0.0.1", "mon2": "10.0.0.2"}, {"web1": "10.0.0.3"}, **given).files("firewall", "web1")


def rules(**variables):
    return " ".join(files(**variables)[CONF].split())


def test_the_table_is_made_anew_and_no_other_is_touched():
    text = rules()
    assert "add table inet bongsu delete table inet bongsu table inet bongsu {" in text
    assert not [line for line in files()[CONF].splitlines() if "flush" in line and not line.startswith("#")]


def test_the_monitors_are_those_of_the_group():
    assert "elements = { 10.0.0.1, 10.0.0.2 }" in rules()
    named = files(firewall_allow={"db": {"ports": [5432], "from": ["monitors"]}})
    assert "ip saddr @monitors_v4 tcp dport { 5432 }" in named["/etc/nftables.d/db.nft"]
    assert 'include "/etc/nftables.d/db.nft"' in named[CONF]


@pytest.mark.parametrize(("profile", "policy"), [("small", "accept"), ("strict", "drop")])
def test_what_is_forwarded_is_only_strict_s_business(profile, policy):
    text = rules(firewall_profile=profile, firewall_forward_interfaces=["podman*"])
    assert f"hook forward priority filter; policy {policy};" in text
    assert ('oifname "podman*" accept' in text) is (profile == "strict")


def test_an_entry_of_the_inventory_goes_before_one_of_the_roles():
    need = {"metrics": {"ports": [9100], "from": ["monitors"]}}
    assert "9100" in files(firewall_roles=need)["/etc/nftables.d/metrics.nft"]
    mine = {"metrics": {"ports": [9200], "from": ["monitors"]}}
    assert "9200" in files(firewall_roles=need, firewall_allow=mine)["/etc/nftables.d/metrics.nft"]


def test_a_waived_control_leaves_no_rule():
    until = {"waived": "x", "until": "2031-01-01"}
    waived = {f"firewall.{name}": until for name in ("input", "loopback", "invalid", "ssh-rate", "ping", "log")}
    text = rules(firewall_controls=waived)
    assert "hook input priority filter; policy accept;" in text
    assert not re.search(r"\bdrop\b", text)
    assert "limit rate" not in text


def test_another_port_of_ssh_is_the_one_that_is_open():
    assert "tcp dport { 2022 } jump ssh_new" in rules(ansible_port=2022)


def test_the_host_finds_what_the_role_places():
    assert files()[str(firewall_host.LOADED)].encode() == firewall_host.WORDS
