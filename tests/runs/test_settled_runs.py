"""The real ansible-playbook: a host with nothing to do is asked once, and anew after whatever may have changed it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from local_fleet import Fleet

NAMES = ("first", "second", "third")


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """One host with three components; ``between`` is a task that comes before the last of them."""
    made = Fleet(tmp_path)
    site(made)
    assert made.run("--limit", "s1") == {"s1"}
    return made


def site(fleet: Fleet, **between: object) -> None:
    tasks = [component(fleet, name) for name in NAMES]
    play = {"name": "Converge", "hosts": "s1", "gather_facts": False, "tasks": tasks}
    tasks[2:2] = [between] if between else []
    (fleet.root / "site.yml").write_text(yaml.safe_dump([play]))


def component(fleet: Fleet, name: str, **values: object) -> dict[str, object]:
    owner = {"owner": fleet.root.owner(), "group": fleet.root.group(), "on_change": "none"}
    file = {"dest": f"{fleet.root}/files/{name}", "content": f"{name}\n", **owner}
    return {"component": {"name": name, "state_directory": f"{fleet.root}/state/s1", "files": [file], **values}}


def asked_for(fleet: Fleet, *arguments: str) -> dict[str, tuple[bool, bool]]:
    """Run, and return for each component whether it was asked for, and whether it was changed."""
    fleet.run("-v", *arguments)
    blocks = re.findall(r"^(ok|changed): \[s1\] =>(.*?)(?=^TASK|^PLAY|^\w+: )", fleet.output, re.MULTILINE | re.DOTALL)
    found = {}
    for verdict, text in blocks:
        name, asked = (re.search(rf"^    {key}: (\S+)", text, re.MULTILINE) for key in ("component", "round_trips"))
        if name and asked:
            found[name[1]] = (asked[1] != "0", verdict == "changed")
    assert found.keys() == set(NAMES)
    return found


NOTHING_TO_DO = {"first": (True, False), "second": (False, False), "third": (False, False)}


def test_a_host_with_nothing_to_do_is_asked_once(fleet: Fleet):
    assert asked_for(fleet) == NOTHING_TO_DO
    assert asked_for(fleet, "--check") == NOTHING_TO_DO


@pytest.mark.parametrize("name", NAMES)
def test_what_differs_is_asked_for_and_repaired(fleet: Fleet, name: str):
    path = fleet.root / "files" / name
    path.write_text("spoiled\n")
    assert asked_for(fleet, "--check")[name] == (True, True)
    assert path.read_text() == "spoiled\n"
    assert asked_for(fleet)[name] == (True, True)
    assert path.read_text() == f"{name}\n"
    assert asked_for(fleet) == NOTHING_TO_DO


def test_after_a_change_the_host_is_asked_anew(fleet: Fleet):
    (fleet.root / "files/second").write_text("spoiled\n")
    assert asked_for(fleet) == {"first": (True, False), "second": (True, True), "third": (True, False)}


def test_what_another_task_of_the_run_spoils_is_seen_and_repaired(fleet: Fleet):
    path = fleet.root / "files/third"
    site(fleet, command=f"cp /dev/null {path}", changed_when=False)
    assert asked_for(fleet)["third"] == (True, True)
    assert path.read_text() == "third\n"


def test_what_a_component_does_to_anothers_file_is_seen(fleet: Fleet):
    """Two components name one file, and want other things of it: each puts it as it wants it, in every run."""
    file = component(fleet, "third")["component"]["files"][0]  # type: ignore[index]  # made by this file
    site(fleet, **component(fleet, "second", files=[{**file, "content": "of the second\n"}]))
    assert asked_for(fleet) == {"first": (True, False), "second": (True, True), "third": (True, True)}
    assert (fleet.root / "files/third").read_text() == "third\n"
