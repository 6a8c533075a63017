"""Hosts to break things on: a lab of the benchmark's own, and a component converged on one of its hosts."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bongsu.bench import _play
from bongsu.lab import Lab, machine
from bongsu.lab.spec import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NAME = "bongsu-faults"
PREFIX = "10.89.93."  # a network of its own: a lab that the operator has up is never touched
_FIRST = 21
_HOST_SIDE = Path(__file__).with_name("host")


@dataclass
class Victim:
    """One host of the lab, looked at through its container: that needs neither its network nor its sshd."""

    lab: Lab
    name: str
    work: Path

    @property
    def container(self) -> str:
        """The container's name."""
        return f"{self.lab.name}-{self.name}"

    @property
    def address(self) -> str:
        """The host's address."""
        return self.lab.spec.host(self.name).address

    @property
    def init(self) -> int:
        """The process id, on this machine, of the host's first process."""
        return int(self.lab.podman.run("inspect", "--format={{.State.Pid}}", self.container).stdout)

    def inside(self, *argv: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the container; with `check`, BongsuError carries what a failing one said."""
        return self.lab.podman.run("exec", "-i", self.container, *argv, stdin=stdin.encode(), check=check)

    def script(self, name: str, *arguments: str) -> str:
        """Run one of the host-side scripts beside this module, and return what it printed."""
        return self.inside("/usr/bin/python3", "-I", "-", *arguments, stdin=(_HOST_SIDE / name).read_text()).stdout

    def place(self, path: str, text: str) -> None:
        """Put a file on the host that anybody may run."""
        self.inside("install", "-D", "--mode=0755", "/dev/stdin", path, stdin=text)

    def playbook(self, component: Mapping[str, Any]) -> Path:
        """Write the playbook that converges one component on this host."""
        task = {"name": "Converge the component under test", "component": dict(component)}
        play = {"name": "Break it", "hosts": self.name, "gather_facts": False, "tasks": [task]}
        path = self.work / f"{self.name}.yml"
        path.write_text(yaml.safe_dump([play], width=10_000))
        return path

    def converge(self, component: Mapping[str, Any]) -> _play.Run:
        """Converge a component and wait for the end."""
        return _play.playbook(self.lab, self.playbook(component))

    def begin(self, component: Mapping[str, Any], *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Begin to converge a component, in a session of its own; its output goes to `self.output`."""
        argv = _play.playbook_argv(self.lab, self.playbook(component), *arguments)
        with self.output.open("wb") as output:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=machine.environment(ANSIBLE_NOCOLOR="1", **self.lab.env(), **environment),
            )

    @property
    def output(self) -> Path:
        """Where the output of the run that was begun last is."""
        return self.work / f"{self.name}.out"


def host_names(count: int) -> list[str]:
    """Return the names of so many hosts."""
    return [f"victim{number}" for number in range(1, count + 1)]


def inventory(count: int, *, as_machines: bool = False) -> dict[str, Any]:
    """Return an inventory of so many servers, Debian releases turn about; `as_machines`: as scanners see machines."""
    releases = sorted(RELEASES)
    hosts = {
        name: {"ansible_host": f"{PREFIX}{_FIRST + place}", "lab_release": releases[place % len(releases)]}
        for place, name in enumerate(host_names(count))
    }
    variables = {"lab_name": NAME, "lab_subnet": f"{PREFIX}0/24", "lab_as_machine": as_machines}
    return {"all": {"vars": variables, "children": {"servers": {"hosts": hosts}}}}


@contextmanager
def victims(count: int, say: Callable[[str], None], *, as_machines: bool = False) -> Iterator[list[Victim]]:
    """Give so many hosts, fresh from the image, and leave nothing of them."""
    with tempfile.TemporaryDirectory(prefix="bongsu-faults-") as directory:
        work = Path(directory)
        (work / "inventory").mkdir()
        (work / "inventory/hosts.yml").write_text(
            yaml.safe_dump(inventory(count, as_machines=as_machines), sort_keys=False)
        )
        lab = Lab.load(work / "inventory")
        lab.down()  # what a killed benchmark left
        say(f"{count} hosts up")
        try:
            lab.up()
            yield [Victim(lab, name, work) for name in host_names(count)]
        finally:
            say("taking the hosts down")
            lab.down()


def said(victim: Victim, lines: int = 40) -> str:
    """Return the end of what the run that was begun last on a host printed."""
    return "\n".join(victim.output.read_text(errors="replace").splitlines()[-lines:])


def parsed(text: str) -> Any:
    """Read the JSON that a host-side script prints."""
    return json.loads(text)
