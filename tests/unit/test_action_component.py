"""The controller's half of ``component``: templates, pins, and one run at a time."""

import os
import re

import pytest
from action_component import Action, trusted
from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from bongsu import thisrun
from bongsu.fingerprint import notes

DONE = {"changed": True, "actions": ["done"]}


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/daemon.conf.j2").write_text("port = {{ port }}\n{% if tls %}\ntls = yes\n{% endif %}\n")
    return tmp_path


def test_templates_are_rendered_here_and_the_host_is_asked_once(directory):
    act = Action(directory, DONE)
    result = act(
        {"port": 80, "tls": True}, name="daemon", files=[{"dest": "/etc/daemon.conf", "src": "daemon.conf.j2"}]
    )
    assert act.asked[0]["files"] == [{"dest": "/etc/daemon.conf", "content": "port = 80\ntls = yes\n"}]
    assert (result["changed"], result["round_trips"]) == (True, 1)
    assert "invocation" not in result
    assert act.asked[0]["owner"] == "web1"
    assert act.asked[0]["run"] == thisrun.identity()


@pytest.fixture
def dead_run():
    """The id of a run whose process has ended."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return f"{thisrun.identity()['id'].partition(':')[0]}:{child}:12345"


MISTAKES = {
    "a template that is wrong": ({"files": [{"dest": "/x", "src": "daemon.conf.j2"}]}, "could not be rendered"),
    "src and content": ({"files": [{"dest": "/x", "src": "a", "content": "b"}]}, "files[0]: has both src and content"),
    "files that are none": ({"files": "no"}, "files: expected a list of mappings"),
    "what the host would refuse": ({"files": [{"dest": "x", "content": ""}]}, "'x' is not a plain absolute path"),
    "an option that is none": ({"confirm": "abc"}, "no option confirm. Supported parameters"),
    "a package that is none": ({"packages": ["a b"]}, "write it as 'NAME' or, to pin it, as 'NAME=VERSION'"),
    "no time to log in": ({"confirm_within": 2}, "leave no time to log in again"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_before_the_host_is_asked(directory, arguments, message):
    act = Action(directory, DONE)
    with pytest.raises(AnsibleActionFail, match=re.escape(message)):
        act(name="daemon", **arguments)
    assert act.asked == []


def test_the_inventory_pins_packages_and_asks_for_upgrades(directory):
    act = Action(directory, DONE)
    pins = {"nginx": trusted("{{ wanted }}"), "other": "1"}
    variables = {"bongsu_package_versions": pins, "wanted": "1.22.1-9", "bongsu_upgrade": True}
    act(variables, name="web", packages=["nginx", "curl", "other=2"])
    assert act.asked[0]["packages"] == ["nginx=1.22.1-9", "curl", "other=2"]
    assert act.asked[0]["upgrade"] is True
    act(variables, name="web", packages=["curl"], upgrade=False)
    assert act.asked[1]["upgrade"] is False


@pytest.mark.parametrize("pins", [{"nginx": 1.1}, ["nginx"]])
def test_a_version_that_yaml_took_for_a_number_is_refused(directory, pins):
    with pytest.raises(AnsibleActionFail, match="quote each version"):
        Action(directory, DONE)({"bongsu_package_versions": pins}, name="web", packages=["nginx"])


def test_a_host_that_a_living_run_holds_is_left_alone(directory):
    held = {"failed": True, "msg": "another run", "held_by": thisrun.identity()["id"]}
    act = Action(directory, held)
    assert act(name="daemon")["msg"] == "another run"
    assert len(act.asked) == 1


def test_a_host_that_a_dead_run_holds_is_taken_over(directory, dead_run):
    act = Action(directory, {"failed": True, "msg": "another run", "held_by": dead_run}, DONE)
    result = act(name="daemon")
    assert (result["changed"], result["round_trips"]) == (True, 2)
    assert act.asked[1]["run"] == {**thisrun.identity(), "replaces": dead_run}


def test_a_host_that_cannot_be_reached_is_unreachable_as_with_any_task(directory):
    act = Action(directory, AnsibleConnectionFailure("no route to host"))
    for arguments in ({}, {"confirm_within": None}):
        with pytest.raises(AnsibleConnectionFailure):
            act(name="daemon", **arguments)


@pytest.fixture
def noted(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def test_what_is_to_be_placed_elsewhere_is_left_for_later_and_nobody_is_asked(directory, noted):
    act = Action(directory, DONE)
    file = {"dest": "/etc/targets/web1.yml", "src": "daemon.conf.j2"}
    result = act({"port": 80, "tls": False}, name="target.web1", files=[file], place_on=["m1", "m2"])
    assert (result["changed"], result["place_on"], act.asked) == (False, ["m1", "m2"], [])
    (entry,) = notes.waiting("m2")
    assert entry["arguments"]["owner"] == "web1"
    assert entry["arguments"]["files"] == [{"dest": "/etc/targets/web1.yml", "content": "port = 80\n"}]
    assert len(entry["digest"]) == 64
    act(name="target.web1", state="absent", place_on=["m1"])
    assert notes.waiting("m1")[0]["digest"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"place_on": "m1"}, "place_on: expected a list of inventory names"),
        ({"place_on": ["m1"], "confirm_within": 60}, "goes with neither confirm_within nor state_directory"),
        ({"place_on": ["m1"], "packages": ["a b"]}, "write it as 'NAME'"),
    ],
)
def test_a_mistake_in_what_is_to_be_placed_is_told_at_once(directory, noted, arguments, message):
    with pytest.raises(AnsibleActionFail, match=re.escape(message)):
        Action(directory, DONE)(name="target.web1", **arguments)
    assert notes.waiting("m1") == []
