"""Several components in one question: each is converged by itself, and owned by who wants it."""

import os

import pytest
from ansible.module_utils.bongsu.component.lease import held
from ansible.module_utils.bongsu.component.store import Store
from module_runner import run_module


@pytest.fixture
def several(host):
    def converge(*components, check=False, **values):
        arguments = {"components": list(components), "state_directory": str(host.root / "state"), **values}
        return run_module("components", arguments, check=check, env=host.env)

    return converge


def target(host, name, **values):
    return {
        "name": f"target.{name}",
        "owner": name,
        "files": [host.file(host.root / "etc" / name, content=f"{name}\n", **values)],
    }


def test_all_are_placed_at_once_and_the_second_time_there_is_nothing_to_do(host, several):
    report = several(target(host, "web1"), target(host, "web2"))
    assert report["changed"]
    assert report["actions"] == [f"target.{name}: created {host.root}/etc/{name}" for name in ("web1", "web2")]
    assert [(one["name"], one["owner"], one["changed"]) for one in report["components"]] == [
        ("target.web1", "web1", True),
        ("target.web2", "web2", True),
    ]
    assert [host.manifest(f"target.{name}")["owner"] for name in ("web1", "web2")] == ["web1", "web2"]
    assert [entry["after"] for entry in report["diff"]] == ["web1\n", "web2\n"]
    again = several(target(host, "web1"), target(host, "web2"))
    assert (again["changed"], again["actions"]) == (False, [])


def test_one_that_fails_keeps_no_other_from_being_placed(host, several):
    report = several(target(host, "web1", group="nobody-has-it"), target(host, "web2"))
    assert "failed" not in report
    first, second = report["components"]
    assert first["failed"]
    assert "this host has no group 'nobody-has-it'" in first["msg"]
    assert (first["changed"], second["changed"]) == (False, True)
    assert not (host.root / "etc/web1").exists()
    assert (host.root / "etc/web2").read_text() == "web2\n"


def test_check_mode_predicts_all_and_places_none(host, several):
    report = several(target(host, "web1"), target(host, "web2"), check=True)
    assert [one["changed"] for one in report["components"]] == [True, True]
    assert not (host.root / "state").exists()


def test_some_go_while_others_come(host, several):
    several(target(host, "web1"))
    gone = {"name": "target.web1", "owner": "web1", "state": "absent"}
    report = several(gone, target(host, "web2"))
    assert [one["changed"] for one in report["components"]] == [True, True]
    assert not (host.root / "etc/web1").exists()
    assert not several(gone, target(host, "web2"))["changed"]


def test_who_holds_the_host_is_told_for_all(host, several):
    run = {"id": "other", "controller": "somebody"}
    several(target(host, "web1"), run=run)
    assert held(Store(str(host.root / "state")))["id"] == "other"
    report = several(target(host, "web2"), run={"id": "this", "controller": f"process {os.getpid()}"})
    assert report["held_by"] == "other"
    assert report["components"][0]["failed"]


def test_a_mistake_in_one_is_told_before_anything_is_touched(host, several):
    report = several(target(host, "web1"), {"name": "No Good"})
    assert report["failed"]
    assert "'No Good' is not a component's name" in report["msg"]
    assert not (host.root / "etc/web1").exists()
