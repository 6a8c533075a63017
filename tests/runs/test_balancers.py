"""site.yml's own play of the balancers, on directories: one at a time, and only while the others are well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from local_fleet import LOCAL, SITE, Fleet

CHILDREN = {"balancers": {"hosts": {"b1": None, "b2": None}}, "servers": {"hosts": {"s1": None}}}
BALANCERS = {"all": {"vars": LOCAL, "children": CHILDREN}}


class Balancers(Fleet):
    """The play as it is, but for what its roles would do: here that is one component of one file."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        (root / "inventory/hosts.yml").write_text(yaml.safe_dump(BALANCERS))
        play = self.site_play("balancers, one at a time", tasks=1)
        tasks = play["pre_tasks"][0]["ansible.builtin.import_tasks"]
        tasks["file"] = str(SITE.parent / tasks["file"])
        state = f"{root}/state/{{{{ bongsu_peer | default(inventory_hostname) }}}}"
        self.converge_by(play | {"module_defaults": {"host_state": {"state_directory": state}}})

    def file(self, host: str) -> Path:
        return self.root / f"files/{host}.conf"

    def greet(self, words: str, *more: str, status: int = 0) -> set[str]:
        return self.run("-e", json.dumps({"greeting": words}), *more, status=status)

    def cut_off(self, host: str) -> None:
        """Leave a journal there, as of a run that died."""
        (self.root / f"state/{host}/journal/other").mkdir(parents=True)

    def greetings(self) -> list[str]:
        return [self.file(host).read_text().strip() for host in ("b1", "b2")]


@pytest.fixture
def fleet(tmp_path: Path) -> Balancers:
    made = Balancers(tmp_path)
    assert made.run() == {"b1", "b2"}
    return made


def test_each_is_converged_and_then_left_alone(fleet: Balancers):
    assert fleet.greet("hi") == {"b1", "b2"}
    assert fleet.greetings() == ["hi", "hi"]
    assert fleet.greet("hi") == set()


def test_one_that_fails_stops_the_one_after_it(fleet: Balancers):
    fleet.tell("host_vars/b1.yml", place="nowhere")
    assert fleet.greet("hi", status=2) == {"b1"}
    assert fleet.greetings() == ["hello", "hello"]


@pytest.mark.parametrize("drifted", [False, True])
def test_one_whose_peer_is_sick_is_refused_and_left_as_it_was(fleet: Balancers, drifted: bool):
    fleet.cut_off("b2")
    if drifted:  # which takes nothing from what it has to lose
        fleet.file("b1").chmod(0o600)
    assert fleet.greet("hi", "--limit", "b1", status=2) == {"b1"}
    assert fleet.greetings() == ["hello", "hello"]
    said = " ".join(fleet.output.replace("\\n", " ").split())
    assert "b1 is well, and b2 is not (b2 is not at work: an interrupted change of other is to be undone)" in said
    assert "Repair that first (--limit b2), or go on without it (-e bongsu_lost_balancers=b2)" in said
    assert fleet.greet("hi", "--limit", "b1", "-e", "bongsu_lost_balancers=b2") == {"b1"}
    assert fleet.greetings() == ["hi", "hello"]


def test_two_that_have_drifted_and_work_are_both_put_right(fleet: Balancers):
    for host in ("b1", "b2"):
        fleet.file(host).chmod(0o600)
    assert fleet.greet("hi") == {"b1", "b2"}
    assert fleet.greetings() == ["hi", "hi"]


def test_a_sick_one_has_nothing_to_lose_and_is_repaired_first(fleet: Balancers):
    fleet.file("b2").unlink()
    assert fleet.greet("hi") == {"b1", "b2"}
    assert fleet.output.index("changed: [b2]") < fleet.output.index("changed: [b1]")
    assert fleet.greetings() == ["hi", "hi"]


def test_a_run_of_a_part_is_no_way_round(fleet: Balancers):
    fleet.cut_off("b2")
    assert fleet.greet("hi", "--limit", "b1", "--tags", "own", status=2) == {"b1"}
    assert fleet.greetings() == ["hello", "hello"]


def test_a_peer_that_cannot_be_reached_or_tell_is_not_well(fleet: Balancers):
    fleet.tell("host_vars/b2.yml", ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)
    assert fleet.greet("hi", "--limit", "b1", status=2) == {"b1"}
    assert "b2 cannot be reached" in fleet.output
    fleet.tell("host_vars/b2.yml", ansible_python_interpreter="/no/such/python")
    assert fleet.greet("hi", "--limit", "b1", status=2) == {"b1"}
    assert "b2 cannot tell how it is" in fleet.output
    assert fleet.greetings() == ["hello", "hello"]


def test_one_that_bears_nothing_yet_neither_waits_nor_is_waited_for(tmp_path: Path):
    fleet = Balancers(tmp_path)
    assert fleet.run("--limit", "b1") == {"b1"}
    assert fleet.greet("hi", "--limit", "b1") == {"b1"}
    assert fleet.greet("hey") == {"b1", "b2"}
