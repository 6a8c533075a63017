"""The controller's half of ``components``: who wants what where, and whose it is that was not placed."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure

from bongsu import trip
from bongsu.fingerprint import notes
from bongsu.paths import project_root

Answer = dict[str, Any] | Exception


@pytest.fixture(autouse=True)
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    for owner in ("web1", "web2"):
        notes.wants("m1", {"name": f"target.{owner}", "owner": owner}, f"digest of {owner}")


@pytest.fixture
def place(monkeypatch):
    asked: list[dict[str, Any]] = []

    def call(answer: Answer, *, check: bool = False) -> dict[str, Any]:
        def ask(_action, module, arguments, _variables):
            asked.append({"module": module, **arguments})
            if isinstance(answer, Exception):
                raise answer
            return dict(answer)

        monkeypatch.setattr(trip, "ask", ask)
        spec = importlib.util.spec_from_file_location("place", project_root() / "plugins/action/components.py")
        plugin = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(plugin)
        task = SimpleNamespace(delegate_to="m1", check_mode=check, args={}, async_val=0, diff=False)
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        action = plugin.ActionModule(task, connection, None, None, None, None)
        return action.run(task_vars={"inventory_hostname": "web1"})

    call.asked = asked
    return call


def told(*failed: str) -> dict[str, Any]:
    components = [
        {"name": f"target.{owner}", "owner": owner, "changed": owner not in failed}
        | ({"failed": True, "msg": f"no room for {owner}"} if owner in failed else {})
        for owner in ("web1", "web2")
    ]
    return {"changed": True, "actions": [], "diff": [], "components": components}


def test_what_all_hosts_want_is_placed_in_one_question_and_noted_for_each(place):
    result = place(told())
    (asked,) = place.asked
    assert asked["module"] == "components"
    assert [one["name"] for one in asked["components"]] == ["target.web1", "target.web2"]
    assert (result["changed"], result["refused"], result["round_trips"]) == (True, {}, 1)
    assert notes.read("web2").components == {"m1": {"target.web2": "digest of web2"}}
    assert notes.changed_hosts() == {"m1"}


def test_there_is_nothing_to_place_a_second_time(place):
    place(told())
    assert place(told()).items() >= {"changed": False, "refused": {}, "round_trips": 0}.items()
    assert len(place.asked) == 1


def test_whose_was_refused_is_told_and_it_is_not_noted(place):
    assert place(told("web1"))["refused"] == {"web1": "no room for web1"}
    assert notes.read("web1").components == {}
    assert "m1" in notes.read("web2").components


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (AnsibleConnectionFailure("no route to host\n"), "no connection to it: no route to host"),
        ({"failed": True, "msg": "another run is changing this host"}, "another run is changing this host"),
    ],
)
def test_a_host_that_nothing_can_be_placed_on_fails_the_owners_and_not_the_task(place, answer, why):
    result = place(answer)
    assert "failed" not in result
    assert result["refused"] == {"web1": why, "web2": why}
    assert notes.read("web1").components == {}


def test_in_check_mode_nothing_is_noted(place):
    assert place(told(), check=True)["changed"]
    assert notes.read("web1").components == {}


def test_an_owner_is_told_of_all_that_was_refused(place):
    both = [{"name": name, "owner": "web1", "changed": False, "failed": True, "msg": f"no {name}"} for name in "ab"]
    assert place({**told(), "components": both})["refused"] == {"web1": "no a; no b"}
