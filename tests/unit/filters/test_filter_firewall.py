"""The filters of the firewall give a component its files, and tell every mistake at once."""

import json
import runpy

import pytest
from ansible.errors import AnsibleFilterError

from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/firewall.py"))
firewall_rules, firewall_files = FILTERS["firewall_rules"], FILTERS["firewall_files"]


def test_each_entry_is_a_file_of_its_own():
    allow = {"db": {"ports": [5432], "from": ["monitors"]}}
    rules = firewall_rules({"monitors": ["10.0.0.1"]}, allow, [80], [], [22])
    assert rules["sets"] == {"monitors_v4": ["10.0.0.1"], "monitors_v6": []}
    assert rules["answered"] == ["22/tcp", "80/tcp", "5432/tcp"]
    files = {file["dest"]: file["content"] for file in firewall_files(rules["fragments"])}
    assert sorted(files) == ["/etc/nftables.d/db.nft", "/etc/nftables.d/open.nft"]
    assert files["/etc/nftables.d/open.nft"].endswith("\ntcp dport { 80 } counter name accepted_open accept\n")
    assert json.loads(FILTERS["firewall_document"](rules["answered"])) == {"answered": rules["answered"]}


def test_nothing_open_makes_no_file():
    assert firewall_rules({}, {}, [], [], [22])["fragments"] == {}


def test_all_mistakes_are_told_at_once():
    with pytest.raises(AnsibleFilterError, match=r"firewall_sets\.a\[0\]: 'x' .*; firewall_open\[0\]: '99999' is no"):
        firewall_rules({"a": ["x"]}, {}, [99999], [], [22])


def test_loopback_is_nobody_else():
    assert FILTERS["not_loopback"](["127.0.0.1", "::1", "10.0.0.1", "mon1"]) == ["10.0.0.1", "mon1"]
