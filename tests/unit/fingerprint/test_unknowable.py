"""What cannot be known before a run makes every host be looked at, and the reason is told."""

from __future__ import annotations

import pytest

MAIN = "group_vars/all/main.yml"

UNKNOWABLE = [
    ("{{ ansible_play_hosts | join }}", "reads ansible_play_hosts, which is known only during the run"),
    ("{{ ansible_check_mode }}", "reads ansible_check_mode"),
    ("{{ item }}", "reads item, which is known only during the run"),
    ("{{ registered_somewhere.stdout }}", "reads registered_somewhere"),
    ("{{ bongsu_full | default(false) }}", "reads bongsu_full"),
    ("{{ lookup('file', role_path ~ '/x') }}", "calls lookup, and its value cannot be known before the run"),
    ("{{ lookup('file', '/nowhere/at/all') }}", "calls lookup, and its value cannot be known before the run"),
    ("{{ 'x' | filter_of_nobody }}", "uses the filter filter_of_nobody, and its value cannot be known"),
    ("{{ plain", "cannot be parsed"),
]


@pytest.mark.parametrize(("template", "reason"), UNKNOWABLE, ids=[template for template, _ in UNKNOWABLE])
def test_it_is_told_with_the_variable_and_the_host(world, template, reason):
    world.change(MAIN, plain=template)
    told = world.take().unknowable
    assert len(told) == 4
    assert all(line.startswith("plain of ") and reason in line for line in told)


def test_a_template_deep_inside_is_found(world):
    world.change("host_vars/s1.yml", of_s1=[{"a": "{{ item }}"}])
    assert world.take().unknowable == ["of_s1 of s1 reads item, which is known only during the run"]


def test_a_vaulted_value_that_no_password_opens_is_told(world):
    text = (world.inventory / MAIN).read_text()
    broken = text[text.index("secret:") :].replace("secret:", "of_s1:").splitlines()
    broken[-1] = broken[-1][:-4] + "0000"
    world.file("host_vars/s1.yml", "\n".join(broken) + "\n")
    told = world.take().unknowable
    assert told == ["of_s1 of s1 is encrypted, and no vault password given opens it"]


def test_a_fact_that_a_template_reads_is_told_until_it_is_known(world, tmp_path, monkeypatch):
    world.change(MAIN, plain="{{ ansible_facts['processor_vcpus'] | default(1) }}")
    told = world.take().unknowable
    assert told == ["a template reads the fact processor_vcpus, which is known only during the run"]


def test_a_fact_that_the_record_on_the_host_covers_is_no_trouble(world):
    world.change(MAIN, plain="{{ ansible_facts['distribution_major_version'] }}")
    assert world.take().unknowable == []


@pytest.mark.parametrize("value", ["{{ now() }}", "{{ 999999999999 | random }}"])
def test_a_value_that_is_another_each_time_never_has_the_same_fingerprint(world, value):
    world.change(MAIN, plain=value)
    one, other = world.take(), world.take()
    assert not one.unknowable
    assert one.sections["variables"] != other.sections["variables"]


def test_where_things_lie_counts_only_where_a_template_reads_it(world, tmp_path):
    before = world.take().sections["variables"]
    world.inventory = world.inventory.rename(tmp_path / "moved")
    assert world.take().sections["variables"] == before
    world.change(MAIN, still="{{ inventory_dir }}")
    here = world.take().sections["variables"]
    world.inventory = world.inventory.rename(tmp_path / "again")
    assert world.take().sections["variables"] != here
