"""One virtual machine: up, rebooted, cut off from its power, entered by SSH, and gone without a trace."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from bongsu import newinventory, paths
from bongsu.errors import BadInput, BongsuError
from bongsu.lab import keys, machine
from bongsu.lab.container import SETTLED
from bongsu.lab.state import NO_TIME
from bongsu.machines import images, qemu

if TYPE_CHECKING:
    from collections.abc import Callable

READY_WITHIN = 300.0  # seconds, from power-on to the last unit's start; without acceleration, 40 on an idle machine
PATIENCE = 60  # seconds for a connection: a busy machine's guest is slow at cryptography
# Five minutes of silence instead of ansible.cfg's half: without acceleration, a guest may not get to answer sooner.
_KEEP_WAITING = "-o ServerAliveInterval=15 -o ServerAliveCountMax=20"


class VirtualMachine:
    """A virtual machine of one Debian release. Its disk begins as the image's; what it writes is gone with `down`.

    `progress` is given a subject and a few words. The console's log stays below the state directory.
    """

    def __init__(self, release: str, progress: Callable[[str, str], None] = lambda _subject, _message: None) -> None:
        """Name the paths; nothing is built, written or started before `up`."""
        self.release, self.progress = release, progress
        self.name = images.host_name(release)
        self.state = paths.state_dir() / "machines" / self.name
        self.inventory, self._vault = self.state / "inventory", self.state / "vault-password"
        self._files = qemu.Files(self.state / "overlay.qcow2", self.state / "console.log")
        self._known_hosts, self._sockets = self.state / "known_hosts", self.state / "cp"
        self._port = 0
        self._image: images.Image | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Bring it up."""
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Take it down."""
        self.down()

    @property
    def console(self) -> Path:
        """What the machine wrote to its console since it first started."""
        return self._files.console

    @property
    def inventories(self) -> list[Path]:
        """The sources to give to Ansible with -i."""
        return [self.inventory]

    def env(self) -> dict[str, str]:
        """Return what to add to the environment of an ansible-playbook on this machine."""
        return {
            "ANSIBLE_CONFIG": str(paths.project_root() / "ansible.cfg"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self._vault),
        }

    def up(self) -> None:
        """Build the image where it is missing, start from it, and wait until the machine is ready."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self.state, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise BadInput(
                f"another run has the virtual machine {self.name} ({self.state}); wait for its end"
            ) from None
        self._clear()
        self._image = images.ensure(self.release, self.progress)
        self._port = qemu.free_port()
        self.console.write_text("")
        self._sockets.mkdir()
        self._write_inventory(self._image)
        qemu.create_overlay(self._image, self._files)
        self.start()

    def down(self) -> None:
        """End the machine and remove what it wrote, but for the console's log."""
        if self._lock is None:  # it is not ours
            return
        self.cut()
        self._clear()
        os.close(self._lock)
        self._lock = None

    def start(self) -> None:
        """Switch the power on, and wait until the machine is ready."""
        if self._image is None or self._process is not None:
            raise BongsuError(f"{self.name} cannot be started: it is {'on' if self._process else 'not up'}")
        self._process = qemu.start(qemu.arguments(self._image, self._files, self._port, qemu.acceleration()))
        self._wait_ready(not_boot="")

    def cut(self) -> None:
        """Cut the power: what was not flushed to the disk is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        self._close_connection()

    def reboot(self) -> None:
        """Have the machine reboot by itself, and wait until it is ready again."""
        before = self.boot_id()
        with contextlib.suppress(subprocess.TimeoutExpired):  # the machine may go down before it answers
            self.run("systemctl reboot", timeout=PATIENCE)
        self._close_connection()
        self._wait_ready(not_boot=before)

    def boot_id(self) -> str:
        """Name the machine's present boot."""
        return self.run("cat /proc/sys/kernel/random/boot_id", check=True, timeout=PATIENCE).stdout.strip()

    def ssh_argv(self, *command: str) -> list[str]:
        """Return the ssh command line: one word is a script for the remote shell, more are an argument list."""
        remote = list(command) if len(command) < 2 else [keys.shell_words(command)]
        return ["ssh", *self._ssh_options(), "-p", str(self._port), "root@127.0.0.1", *remote]

    def run(
        self, command: str | list[str], *, stdin: str = "", check: bool = False, timeout: float | None = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run a script (a string) or an argument list on the machine, as root over SSH: over one connection, kept open.

        Raises subprocess.TimeoutExpired, and with `check` a BongsuError that carries what the command said.
        """
        words = [command] if isinstance(command, str) else command
        kept = f"ControlPath={self._sockets}/run"
        done = self._ssh(["-o", "ControlMaster=auto", "-o", kept, "-o", "ControlPersist=yes"], words, stdin, timeout)
        if check and done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip())[-2000:]
            raise BongsuError(f"{self.name}: {' '.join(words)}: exit status {done.returncode}: {said}")
        return done

    def last_words(self, lines: int = 40) -> str:
        """Return the end of the console's log."""
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-lines:])

    def _wait_ready(self, *, not_boot: str) -> None:
        """Wait until another boot than the one named has settled; BongsuError past the deadline."""
        began, system = time.monotonic(), ""
        while time.monotonic() - began < READY_WITHIN:
            if self._process is None or self._process.poll() is not None:
                said = self._process.stderr.read().decode() if self._process and self._process.stderr else ""
                raise BongsuError(f"{self.name}: QEMU ended: {said.strip()}\n{self.last_words()}")
            boot, system = self._ask()
            if boot and boot != not_boot and system in SETTLED:
                self.progress(self.name, f"ready ({system}) after {time.monotonic() - began:.0f} s")
                return
            time.sleep(1.0)
        said = f"(systemd: {system or 'no answer'}). The console's log, {self.console}, ends:\n{self.last_words()}"
        raise BongsuError(f"{self.name} was not ready within {READY_WITHIN:.0f} s {said}")

    def _ask(self) -> tuple[str, str]:
        """Return the machine's boot and what systemd says of it, or empty words when it does not answer."""
        try:
            done = self._ssh([], ["cat /proc/sys/kernel/random/boot_id; systemctl is-system-running"], "", PATIENCE)
        except subprocess.TimeoutExpired:
            return "", ""
        boot, _, system = done.stdout.partition("\n")
        return boot.strip(), system.strip()

    def _ssh(
        self, options: list[str], words: list[str], stdin: str, timeout: float | None
    ) -> subprocess.CompletedProcess[str]:
        ssh, *rest = self.ssh_argv(*words)
        argv = [ssh, *options, *rest]
        env = machine.environment()
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False, timeout=timeout, env=env)

    def _write_inventory(self, image: images.Image) -> None:
        """Write an inventory as `bongsu init` does, of this machine alone: it is its own monitor."""
        lines = image.host_keys.read_text().splitlines()
        self._known_hosts.write_text("".join(f"[127.0.0.1]:{self._port} {line}\n" for line in lines))
        newinventory.create(self.inventory, self._vault)
        variables: dict[str, Any] = {
            "ansible_host": "127.0.0.1",
            "ansible_port": self._port,
            "ansible_user": "root",
            "ansible_timeout": PATIENCE,
            "ansible_ssh_private_key_file": str(image.operator_key),
            "ansible_ssh_args": f"-o ControlMaster=auto -o ControlPersist=60s {_KEEP_WAITING}",
            "ansible_ssh_common_args": keys.shell_words(self._ssh_options()),
            "ansible_control_path_dir": str(self._sockets),
            "bongsu_address": qemu.GUEST_ADDRESS,
            "bongsu_operators": [qemu.CONTROLLER_ADDRESS],
            "bongsu_evidence": str(self.inventory.parent / "evidence"),  # the next machine has the same name
            "time_sync_controls": NO_TIME,
        }
        hosts = {"all": {"children": {"monitors": {"hosts": {self.name: variables}}}}}
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump(hosts, width=1000))
        # The example's receivers are made up; here, nobody is told.
        told = {"alertmanager_receivers": [{"name": "nobody"}], "alertmanager_route": {"receiver": "nobody"}}
        (self.inventory / "group_vars/all/main.yml").write_text(yaml.safe_dump(told))

    def _ssh_options(self) -> list[str]:
        if self._image is None:
            raise BadInput(f"the virtual machine {self.name} is not up")
        return keys.options(self._image.operator_key, self._known_hosts, PATIENCE)

    def _close_connection(self) -> None:
        """End the SSH connections that Ansible and `run` keep open."""
        keys.close_connections(self._sockets)

    def _clear(self) -> None:
        """Remove what a machine leaves in its directory, but for the console's log."""
        for path in self.state.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != self.console:
                path.unlink()
