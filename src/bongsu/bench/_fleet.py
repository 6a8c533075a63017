"""A lab of any number of hosts, for benchmarks that ask how a figure grows: made, provisioned and taken down."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bongsu import paths
from bongsu.bench import _play
from bongsu.lab import Lab
from bongsu.lab.spec import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "bongsu-bench"
PREFIX = "10.89.90."  # a network of its own: a lab that the operator has up is never touched
MONITORS = 2
ALONE = "alone"
# All hosts share the controller's processors here, as no real ones do: asked every 2 s by two monitors, twelve of them
# would take more than half of two processors from what is timed.
LIVENESS = "1m"
MOST = 200  # what the addresses of one /24 hold, past the monitors'


def host_names(count: int) -> list[str]:
    """Return the names of a fleet's hosts: two monitors, then servers."""
    if not MONITORS < count <= MOST:
        raise ValueError(f"a fleet has {MONITORS + 1} to {MOST} hosts, not {count}")
    return [
        *(f"monitor{number}" for number in range(1, MONITORS + 1)),
        *(f"server{number}" for number in range(1, count - MONITORS + 1)),
    ]


def hosts_document(count: int) -> dict[str, Any]:
    """Return the hosts of an inventory, Debian releases mixed; the first of a larger fleet are those of a smaller."""
    releases = sorted(RELEASES)
    groups: dict[str, dict[str, Any]] = {"monitors": {}, "servers": {}}
    for name in host_names(count):
        group = "monitors" if name.startswith("monitor") else "servers"
        place = len(groups[group])
        address = f"{PREFIX}{(11 if group == 'monitors' else 21) + place}"
        groups[group][name] = {"ansible_host": address, "lab_release": releases[place % len(releases)]}
    return {"all": {"children": {name: {"hosts": hosts} for name, hosts in groups.items()}}}


def alone_document(release: str) -> dict[str, Any]:
    """Return the hosts of an inventory of one, of a Debian release: a server that is its own monitor."""
    hosts = {ALONE: {"ansible_host": f"{PREFIX}11", "lab_release": release}}
    return {"all": {"children": {"monitors": {"hosts": hosts}, "servers": {"hosts": {ALONE: None}}}}}


def write_inventory(directory: Path, hosts: dict[str, Any]) -> None:
    """Write an inventory: its hosts, and the settings of the project's own lab moved to the fleet's network."""
    own = paths.project_root() / "inventory" / "lab"
    variables = directory / "group_vars"
    variables.mkdir(parents=True, exist_ok=True)
    general = yaml.safe_load((own / "group_vars/all.yml").read_text())
    lab_prefix = general["lab_subnet"].rpartition(".")[0] + "."
    for file in (own / "group_vars").glob("*.yml"):
        (variables / file.name).write_text(file.read_text().replace(lab_prefix, PREFIX))
    own_names = {"lab_name": NAME, "lab_subnet": f"{PREFIX}0/24"}
    fleet = general | own_names | {"prometheus_liveness_scrape_interval": LIVENESS}
    (variables / "all.yml").write_text(yaml.safe_dump(fleet))
    (directory / "hosts.yml").write_text(yaml.safe_dump(hosts, sort_keys=False))


class Fleet:
    """A lab that grows: each call of `grow` adds hosts to those that are there, and provisions them."""

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        """Take a directory for the inventory; nothing is started yet."""
        self.directory = directory
        self.say = say
        self.lab = self._load(MONITORS + 1)

    def _load(self, count: int) -> Lab:
        write_inventory(self.directory, hosts_document(count))
        return Lab.load(self.directory)

    def start(self, count: int) -> Lab:
        """Bring `count` hosts up, as they come from the image."""
        self.say(f"{count} hosts up")
        self.lab = self._load(count)
        self.lab.up()
        return self.lab

    def grow(self, count: int) -> Lab:
        """Bring `count` hosts up and provision them."""
        lab = self.start(count)
        self.say(f"provisioning {count} hosts")
        _play.site(lab).require_ok()
        return lab

    def down(self) -> None:
        """Take all of it away."""
        self.lab.down()


@contextmanager
def fleet(say: Callable[[str], None]) -> Iterator[Fleet]:
    """Give a fleet that starts from nothing, and leave nothing of it."""
    with tempfile.TemporaryDirectory(prefix="bongsu-fleet-") as name:
        made = Fleet(Path(name), say)
        made.down()  # what a killed benchmark left
        try:
            yield made
        finally:
            say("taking the hosts down")
            made.down()


@contextmanager
def alone(release: str, say: Callable[[str], None]) -> Iterator[Lab]:
    """Give a lab of one fresh host that is its own monitor, and leave nothing of it."""
    with tempfile.TemporaryDirectory(prefix="bongsu-alone-") as name:
        write_inventory(Path(name), alone_document(release))
        lab = Lab.load(Path(name))
        lab.down()  # what a killed benchmark left
        say(f"a host of Debian {release} up")
        try:
            lab.up()
            yield lab
        finally:
            say("taking it down")
            lab.down()
