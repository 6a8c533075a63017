"""A lab: what an inventory describes, as containers on this machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.errors import BadInput, BongsuError
from bongsu.lab import container, images, keys, machine, network, sink, spec
from bongsu.lab.podman import Podman
from bongsu.lab.state import State, labs_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class HostStatus:
    """How one host is."""

    name: str
    release: str
    address: str
    state: str  # absent, stopped, running
    system: str  # what systemd says of itself: running, degraded, …; "" when it says nothing


class Lab:
    """One lab. `progress` callables are given a subject (a host, an image, the machine) and a few words."""

    def __init__(self, inventory: Path, description: spec.LabSpec) -> None:
        """Take an inventory and what it says; `Lab.load` reads both."""
        self.inventory = inventory
        self.spec = description
        self.state = State(description.name)
        self.podman = Podman(self.state.path / "containers.conf")

    @classmethod
    def load(cls, inventory: Path | None = None) -> Lab:
        """Read a lab from an inventory; without one, from the project's own inventory/lab."""
        source = (inventory or paths.project_root() / "inventory" / "lab").resolve()
        return cls(source, spec.read_spec(source))

    @property
    def name(self) -> str:
        """The lab's name: its network's, and the first part of its containers' names."""
        return self.spec.name

    @property
    def inventories(self) -> list[Path]:
        """The sources to give to Ansible with -i: the inventory, then what the lab made to go with it."""
        return [self.inventory, self.state.inventory]

    def env(self) -> dict[str, str]:
        """Return what to add to the environment of an ansible-playbook on this lab."""
        return {
            "ANSIBLE_CONFIG": str(paths.project_root() / "ansible.cfg"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.state.vault_password),
        }

    def up(self, progress: Progress = lambda _subject, _message: None) -> None:
        """Bring the lab up to what the inventory says; what is right already stays as it is."""
        machine.require_root()
        machine.install_missing(progress)
        with contextlib.ExitStack() as own:
            with _locked(labs_dir()):
                self.podman.configure()
                own.enter_context(_locked(self.state.path))
                machine.make_room(len(self.spec.hosts) + self.podman.running_elsewhere(self.name), progress)
                network.ensure(self.podman, self.spec)
                self.state.prepare(self.spec)
                images.ensure(self.podman, self.spec.releases, progress)
                images.prune(self.podman)
            # Other labs may now go up, too: hosts take seconds to start.
            context = container.Context(self.name, self.podman, self.state, progress)
            self._remove_strangers(progress)
            sink.ensure(context, self.spec)
            network.keep_address(self.podman, self.name)
            with ThreadPoolExecutor(max_workers=max(8, len(self.spec.hosts))) as pool:
                jobs = [pool.submit(container.ensure, context, host) for host in self.spec.hosts]
            problems = [str(job.exception()) for job in jobs if job.exception()]
            if problems:
                raise BongsuError("\n".join(problems))

    def down(self, *, purge: bool = False) -> None:
        """Remove the lab's hosts, network and state; with `purge` also the images of all labs.

        A machine without podman has no hosts and no network to remove; that is no error, or nothing could be tidied
        up after podman was uninstalled.
        """
        machine.require_root()
        with contextlib.ExitStack() as locks:
            locks.enter_context(_locked(labs_dir()))
            if self.state.path.exists():
                locks.enter_context(_locked(self.state.path))
            self.close_connections()
            if _podman_is_installed():
                with self._settings():
                    container.remove(self.podman, *self.podman.containers(self.name))
                    network.remove(self.podman, self.name)
                    if purge:
                        images.prune(self.podman, all_of_them=True)
            if purge:
                shutil.rmtree(images.work_dir())
            self.state.remove()
            for directory in (labs_dir(), *([paths.cache_dir()] if purge else [])):
                with contextlib.suppress(OSError):  # another lab, or another part of bongsu, keeps things there
                    directory.rmdir()

    def status(self) -> list[HostStatus]:
        """Return how every host of the inventory is."""
        machine.require_root()
        with self._settings():
            found = self.podman.containers(self.name)

        def one(host: spec.LabHost) -> HostStatus:
            entry = found.get(f"{self.name}-{host.name}")
            running = bool(entry and entry["State"] == "running")
            state = "absent" if entry is None else "running" if running else "stopped"
            system = container.system_state(self.state, host) if running else None
            return HostStatus(host.name, host.release, host.address, state, system or "")

        with ThreadPoolExecutor(max_workers=max(8, len(self.spec.hosts))) as pool:
            return list(pool.map(one, self.spec.hosts))

    def ssh_argv(self, host: str, *command: str) -> list[str]:
        """Return the ssh command line: one word is a script for the remote shell, more are an argument list."""
        if not self.state.operator_key.exists():
            raise BadInput(f"the lab '{self.name}' is not up; start it with `bongsu lab up`")
        return container.ssh_argv(self.state, self.spec.host(host), *command)

    def run(
        self,
        host: str,
        command: str | list[str],
        *,
        stdin: str | None = None,
        check: bool = False,
        timeout: float | None = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script (a string) or an argument list on a host, as root over SSH.

        Raises subprocess.TimeoutExpired, and with `check` a BongsuError that carries what the command said.
        """
        words = [command] if isinstance(command, str) else command
        done = subprocess.run(
            self.ssh_argv(host, *words),
            input=stdin or "",
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=machine.environment(),
        )
        if check and done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip())[-2000:]
            raise BongsuError(f"{host}: {' '.join(words)}: exit status {done.returncode}: {said}")
        return done

    def stop(self, host: str) -> None:
        """Shut a host down properly."""
        self.podman.run("stop", "--time=30", self._container(host))

    def kill(self, host: str) -> None:
        """Cut a host's power."""
        self.podman.run("kill", "--signal=KILL", self._container(host))

    def start(self, host: str) -> None:
        """Start a host that is not running, and wait until it is ready."""
        self.podman.run("start", self._container(host))
        context = container.Context(self.name, self.podman, self.state, lambda _subject, _message: None)
        container.wait_ready(context, self.spec.host(host))

    def sink_url(self, receiver: str) -> str:
        """Return the address to which a receiver's notifications go."""
        return sink.url(self.spec, receiver)

    def received(self) -> list[dict[str, Any]]:
        """Return the notifications so far: {received_at (seconds since 1970), path, body}, oldest first."""
        return sink.received(self.state.received)

    def secrets(self) -> dict[str, str]:
        """Return the lab's secret variables, decrypted: the operator's password, the CA's key, the sink's token."""
        return self.state.secrets()

    def close_connections(self) -> None:
        """End the SSH connections that Ansible keeps open, as to hosts that are about to vanish."""
        keys.close_connections(self.state.control)

    def _container(self, host: str) -> str:
        return f"{self.name}-{self.spec.host(host).name}"

    def _remove_strangers(self, progress: Progress) -> None:
        """Remove the lab's own containers that its inventory no longer has."""
        wanted = {f"{self.name}-{name}" for name in [sink.NAME, *(host.name for host in self.spec.hosts)]}
        for name in sorted(set(self.podman.containers(self.name)) - wanted):
            progress(name.removeprefix(f"{self.name}-"), "no longer in the inventory: removing it")
            container.remove(self.podman, name)

    @contextlib.contextmanager
    def _settings(self) -> Iterator[None]:
        """Have podman's settings at hand even when the lab has no state yet, or no longer."""
        if not _podman_is_installed():
            raise BadInput("podman is missing, so there is no lab here: apt-get install podman")
        if self.podman.conf.exists():
            yield
            return
        with tempfile.TemporaryDirectory(prefix="bongsu-") as directory:
            self.podman.conf = Path(directory) / "containers.conf"
            self.podman.configure()
            try:
                yield
            finally:
                self.podman.conf = self.state.path / "containers.conf"


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Let one process at a time change what a directory stands for: all labs, or one.

    Whoever takes both takes that of all labs first, and whoever waits for the second holds the first: no directory goes
    away under somebody who waits for it. The lock is the directory itself, so nothing stays behind.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _podman_is_installed() -> bool:
    return shutil.which("podman", path=machine.SEARCH_PATH) is not None
