"""site.yml's own play of the servers, on directories: one first, and what fails stops the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from local_fleet import LOCAL, Fleet

SERVERS = ("s1", "s2", "s3", "s4")
INVENTORY = {"all": {"vars": LOCAL, "children": {"servers": {"hosts": dict.fromkeys(SERVERS)}}}}


class Servers(Fleet):
    """The play as it is, but for what its roles would do: here a component of one file, then a command."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        (root / "inventory/hosts.yml").write_text(yaml.safe_dump(INVENTORY))
        play = self.site_play("all other hosts, one of them first", tasks=3)
        del play["tasks"][1]  # a component on monitors
        self.converge_by(play)

    def greet(self, words: str, status: int = 0) -> set[str]:
        then = f"touch {self.root}/files/{{{{ inventory_hostname }}}}.{words}"
        return self.run("-e", json.dumps({"greeting": words, "meanwhile": then}), status=status)

    def done(self, words: str) -> set[str]:
        """Name the hosts that came to their second task."""
        return {name for name in SERVERS if (self.root / f"files/{name}.{words}").exists()}


@pytest.fixture
def fleet(tmp_path: Path) -> Servers:
    made = Servers(tmp_path)
    assert made.greet("hello") == set(SERVERS) == made.done("hello")
    return made


def test_one_that_fails_stops_its_batch_where_it_is(fleet: Servers):
    fleet.tell("host_vars/s3.yml", place="nowhere")
    assert fleet.greet("hi", status=2) == set(SERVERS)
    assert fleet.done("hi") == {"s1"}


def test_the_first_that_fails_leaves_the_others_as_they_were(fleet: Servers):
    fleet.tell("host_vars/s1.yml", place="nowhere")
    assert fleet.greet("hi", status=2) == {"s1"}
    assert fleet.done("hi") == set()
    assert (fleet.root / "files/s2.conf").read_text() == "hello\n"


@pytest.mark.parametrize("dead", ["s1", "s3"])
def test_one_that_is_dead_stops_nobody(fleet: Servers, dead: str):
    """It fails the run in its end, but an outage must not keep the living from being changed."""
    fleet.tell(f"host_vars/{dead}.yml", ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)
    fleet.greet("hi", status=4)
    assert fleet.done("hi") == set(SERVERS) - {dead}
