"""The real ansible-playbook, with four hosts that are directories: who is passed over, when, and what is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from local_fleet import ALL, Fleet


@pytest.fixture
def bare(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """One for all tests here; each leaves it as a complete run does."""
    made = Fleet(tmp_path_factory.mktemp("fleet"))
    assert made.run() == ALL
    assert "m1, m2, s1, s2: no complete run is recorded on it" in made.output
    return made


def test_who_has_nothing_to_do_is_asked_once_and_no_more(fleet: Fleet):
    assert fleet.run() == set()
    assert "4 of 4 hosts are as the last complete run left them" in fleet.output
    assert re.search(r"^s1 .* ok=1 .* changed=0 ", fleet.output, re.MULTILINE)


def test_the_leases_of_a_run_are_given_back_also_where_it_was_only_a_visitor(bare: Fleet):
    bare.run("--limit", "s1")
    assert sorted(path.parent.name for path in (bare.root / "state").glob("*/components")) == ["m1", "m2", "s1"]
    assert list((bare.root / "state").glob("*/lease.json")) == []


def test_a_record_names_what_the_host_has_on_others(fleet: Fleet):
    record = fleet.record("s1")
    assert record is not None
    assert {host: set(found) for host, found in record["components"].items()} == {
        "s1": {"own"},
        "m1": {"target.s1"},
        "m2": {"target.s1"},
    }


def test_drift_of_a_target_on_a_monitor_is_its_hosts_business_and_is_repaired(fleet: Fleet):
    target = fleet.root / "files/m2.s1"
    target.write_text("y\n")
    assert fleet.run() == {"s1"}
    assert f"s1: target.s1 on m2 has drifted: {target} content" in fleet.output
    assert target.read_text() == "x\n"
    assert fleet.run() == set()


def test_what_was_asked_for_in_full_is_passed_over_again_afterwards(fleet: Fleet):
    assert fleet.run("-e", "bongsu_full=true") == ALL
    assert fleet.run() == set()


def test_a_run_of_upgrades_looks_at_everything_each_time(fleet: Fleet):
    for _ in range(2):
        assert fleet.run("-e", "bongsu_upgrade=true") == ALL
    assert fleet.run() == set()


def test_another_variable_is_noticed_and_check_mode_writes_nothing_down(fleet: Fleet):
    before = fleet.record("s1")
    assert fleet.run("--check", "-e", "greeting=hi") == ALL
    assert "changed since: the inventory's variables" in fleet.output
    assert fleet.record("s1") == before
    assert fleet.run("--check") == set()
    assert fleet.run("-e", "greeting=hi") == ALL
    assert fleet.run("-e", "greeting=hi") == set()
    assert fleet.run() == ALL


def test_a_part_of_a_run_neither_passes_over_nor_writes_down(fleet: Fleet):
    before = fleet.record("s1")
    for options in (("--tags", "own"), ("--skip-tags", "nothing"), ("--start-at-task", "component")):
        assert fleet.run(*options) == ALL
        assert fleet.record("s1") == before
    assert fleet.run() == set()


def test_a_host_whose_monitors_are_not_asked_is_not_passed_over_but_written_down(bare: Fleet):
    assert bare.run("--limit", "monitors") == {"m1", "m2"}
    assert bare.run("--limit", "s1") == {"s1"}
    assert bare.run("--limit", "s1") == {"s1"}
    assert "s1: it has components on m1, which was not asked or did not answer" in bare.output
    assert bare.run() == {"s2"}


def test_a_host_that_failed_is_looked_at_again(fleet: Fleet):
    (fleet.root / "inventory/host_vars").mkdir()
    (fleet.root / "inventory/host_vars/s2.yml").write_text("place: nowhere\n")
    assert fleet.run(status=2) == ALL
    (fleet.root / "nowhere").mkdir()
    assert fleet.run() == {"s2"}
    assert fleet.run() == set()


def test_a_run_that_the_inventory_was_changed_under_is_not_written_down(bare: Fleet):
    change = f"touch {bare.root}/inventory/hosts.yml"
    assert bare.run("-e", json.dumps({"meanwhile": change})) == ALL
    assert bare.record("s1") is None


def test_what_cannot_be_known_beforehand_is_told_and_everything_looked_at(bare: Fleet):
    (bare.root / "inventory/group_vars").mkdir()
    (bare.root / "inventory/group_vars/servers.yml").write_text("odd: '{{ ansible_play_batch | length }}'\n")
    for _ in range(2):
        assert bare.run() == ALL
        assert "odd of s1 reads ansible_play_batch, which is known only during the run" in bare.output
    assert bare.record("s1") is None
