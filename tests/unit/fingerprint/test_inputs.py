"""Whatever decides a host's state is in the fingerprint: each input is changed in turn, and is told by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible import constants

from bongsu.fingerprint import project
from bongsu.fingerprint.canonical import digest

MAIN = "group_vars/all/main.yml"


def _hosts(world: Any, change: Callable[[dict[str, Any]], Any]) -> None:
    document = world.read("hosts.yml")
    change(document["all"]["children"])
    world.write("hosts.yml", document)


CHANGES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "a group's variable": ("variables", lambda w: w.change(MAIN, plain="two")),
    "the type of a value": ("variables", lambda w: w.change(MAIN, number="1")),
    "a number": ("variables", lambda w: w.change(MAIN, number=1.0)),
    "a value deep inside": ("variables", lambda w: w.change(MAIN, nested={"list": ["a", {"deep": "two"}]})),
    "the order of a list": ("variables", lambda w: w.change(MAIN, nested={"list": [{"deep": "one"}, "a"]})),
    "a template's text": ("variables", lambda w: w.change(MAIN, still="{{ plain }}, {{ groups['monitors'] | first }}")),
    "a template made plain": (
        "variables",
        lambda w: w.change(MAIN, still=w.unsafe("{{ plain }} and {{ groups['monitors'] | first }}")),
    ),
    "a vaulted value": ("variables", lambda w: w.change(MAIN, secret=w.vaulted("two"))),
    "a new variable": ("variables", lambda w: w.change(MAIN, new=None)),
    "a smaller group's variable": ("variables", lambda w: w.change("group_vars/servers.yml", of_servers="two")),
    "a host's variable": ("variables", lambda w: w.change("host_vars/s1.yml", of_s1="two")),
    "a host that gets variables": ("variables", lambda w: w.write("host_vars/s2.yml", {"of_s2": "one"})),
    "a group's variable among the hosts": (
        "variables",
        lambda w: _hosts(w, lambda c: c["monitors"]["vars"].update(in_hosts_file="two")),
    ),
    "a host's variable among the hosts": (
        "variables",
        lambda w: _hosts(w, lambda c: c["monitors"]["hosts"]["m1"].update(weight=2)),
    ),
    "an extra variable": ("variables", lambda w: w.extra.update(extra="two")),
    "another extra variable": ("variables", lambda w: w.extra.update(more="one")),
    "a run of upgrades": ("variables", lambda w: w.extra.update(bongsu_upgrade="true")),
    "no extra variable": ("variables", lambda w: w.extra.clear()),
    "a file that a lookup reads": ("variables", lambda w: w.read_by_a_lookup.write_text("two\n")),
    "a new host": ("groups", lambda w: _hosts(w, lambda c: c["servers"]["hosts"].update(s3=None))),
    "a host less": ("groups", lambda w: _hosts(w, lambda c: c["servers"]["hosts"].pop("s2"))),
    "a host in one more group": ("groups", lambda w: _hosts(w, lambda c: c["monitors"]["hosts"].update(s2=None))),
    "a host in another group": (
        "groups",
        lambda w: _hosts(w, lambda c: c["monitors"]["hosts"].update(s2=c["servers"]["hosts"].pop("s2"))),
    ),
    "the order of hosts": (
        "groups",
        lambda w: _hosts(w, lambda c: c["monitors"]["hosts"].update(m1=c["monitors"]["hosts"].pop("m1"))),
    ),
    "a new group": ("groups", lambda w: _hosts(w, lambda c: c.update(balancers={"hosts": {"s1": None}}))),
    "a file of the inventory": ("files", lambda w: w.file("motd.txt", "two\n")),
    "a new file of the inventory": ("files", lambda w: w.file("new.txt", "x")),
    "the user to log in as": ("settings", lambda w: w.options.update(remote_user="somebody")),
    "a connection of another kind": ("settings", lambda w: w.options.update(connection="local")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_it_changes_the_fingerprint(world, change):
    before = world.take()
    assert not before.unknowable
    section, make = CHANGES[change]
    make(world)
    after = world.take()
    differing = {name for name in before.sections if before.sections[name] != after.sections[name]}
    assert section in differing
    assert differing <= {section, "files", "variables"}  # the group a host is in is a variable, too
    assert not after.unknowable


def test_the_same_again_has_the_same_fingerprint(world):
    assert world.take() == world.take()


def test_an_environment_variable_that_a_lookup_reads_is_in_it(world, monkeypatch):
    before = world.take().sections
    monkeypatch.setenv("BONGSU_TEST_VALUE", "two")
    assert world.take().sections["variables"] != before["variables"]
    monkeypatch.setenv("BONGSU_TEST_VALUE", "one")
    monkeypatch.setenv("BONGSU_TEST_OTHER", "two")
    assert world.take().sections == before


@pytest.mark.parametrize("package", ["ansible-core", "jinja2", "pyyaml", "cryptography", "bcrypt"])
def test_the_version_of_what_runs_it_is_in_it(world, monkeypatch, package):
    before = world.take().sections
    real = project.metadata.version
    monkeypatch.setattr(project.metadata, "version", lambda name: "0" if name == package else real(name))
    after = world.take().sections
    assert [name for name in before if before[name] != after[name]] == ["versions"]


@pytest.mark.parametrize("setting", project.SETTINGS)
def test_each_setting_of_ansibles_that_decides_is_in_it(monkeypatch, setting):
    before = digest(project.settings())
    real = constants.config.get_config_value
    monkeypatch.setattr(constants.config, "get_config_value", lambda name: "other" if name == setting else real(name))
    assert digest(project.settings()) != before


def test_how_the_run_is_asked_for_is_not(world):
    before = world.take().sections
    world.extra |= {"bongsu_full": "true", "prometheus_lost_monitors": "m2"}
    world.options |= {"forks": 3, "check": True, "diff": True, "subset": "s1", "verbosity": 2, "tags": ["all"]}
    assert world.take().sections == before
