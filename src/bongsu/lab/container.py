"""A lab host as a container: made to its specification, started, and waited for through SSH."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bongsu.errors import BongsuError
from bongsu.lab import as_machine, images, keys, machine
from bongsu.lab.podman import LABEL, Podman

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.lab.spec import LabHost
    from bongsu.lab.state import State

SPEC_LABEL = "bongsu.spec"
READY_WITHIN = 90.0  # seconds, from start to the last unit's start

# What a server's own services need, and podman does not grant: SYS_ADMIN for systemd's sandboxing (without it,
# ProtectSystem= is silently ignored), NET_ADMIN for nftables and floating addresses, NET_RAW for ping and VRRP,
# AUDIT_WRITE for PAM sessions, DAC_READ_SEARCH for AIDE, which keeps that one right and no other, and for scanners,
# SYS_PTRACE to see what another user's process has open, as root does on a machine.
CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "NET_RAW", "AUDIT_WRITE", "DAC_READ_SEARCH", "SYS_PTRACE")
SETTLED = ("running", "degraded")
UNFINISHED = ("created", "configured")  # a lab up that was interrupted leaves a container that never started


@dataclass
class Context:
    """What every container of a lab shares."""

    lab: str
    podman: Podman
    state: State
    progress: Callable[[str, str], None]

    def container(self, name: str) -> str:
        """Return a container's name."""
        return f"{self.lab}-{name}"


def create_arguments(lab: str, host: LabHost, image: str) -> list[str]:
    """Return podman's arguments that make the host's container, all but its name and its labels."""
    return [
        "--systemd=always",
        *(f"--cap-add={name}" for name in CAPABILITIES),
        # podman's AppArmor profile forbids mounts, which systemd's sandboxing is made of.
        "--security-opt=apparmor=unconfined",
        f"--network={lab}",
        f"--ip={host.address}",
        f"--mac-address={host.mac}",
        f"--hostname={host.name}",
        # podman would put a tmpfs there, and the journal would not outlive a restart.
        "--volume=/var/log/journal",
        image,
    ]


def fingerprint(*parts: object) -> str:
    """Return a short hash that tells whether a container is still what it should be."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def ensure(context: Context, host: LabHost) -> None:
    """Make the host exist to its specification and run, and wait until it has settled."""
    started = time.monotonic()
    podman, name = context.podman, context.container(host.name)
    arguments = create_arguments(context.lab, host, images.image_name(host.release))
    operator_key = keys.ensure_key(context.state.operator_key)
    host_key = context.state.host_key(host)
    wanted = fingerprint(arguments, operator_key, keys.ensure_key(host_key), host.units)
    found = podman.containers(context.lab).get(name)
    if found and found["State"] in UNFINISHED:
        remove(podman, name)
        found = None
    if found and found["Labels"].get(SPEC_LABEL) != wanted:
        context.progress(host.name, "no longer to its specification: making it anew")
        remove(podman, name)
        found = None
    if not found:
        context.progress(host.name, "creating")
        labels = [f"--label={LABEL}={context.lab}", f"--label={SPEC_LABEL}={wanted}"]
        podman.run("create", f"--name={name}", *labels, *arguments)
        podman.run("cp", "-", f"{name}:/", stdin=keys.overlay(host_key, operator_key, host.units))
        if host.as_machine:
            podman.run("cp", "-", f"{name}:/", stdin=as_machine.overlay())
    if not found or found["State"] != "running":
        context.progress(host.name, "starting")
        podman.run("start", name)
    system = wait_ready(context, host)
    if host.as_machine:
        context.progress(host.name, "installing what a machine of its own has")
        podman.run("exec", name, "sh", "-c", as_machine.INSTALL)
    context.progress(host.name, f"ready ({system}) after {time.monotonic() - started:.1f} s")


def remove(podman: Podman, *names: str) -> None:
    """Remove containers with their volumes, at once."""
    if names:
        podman.run("rm", "--force", "--time=0", "--volumes", *names)


def ssh_argv(state: State, host: LabHost, *command: str) -> list[str]:
    """Return the ssh command line: one word is a script for the remote shell, more are an argument list."""
    remote = list(command) if len(command) < 2 else [keys.shell_words(command)]
    return ["ssh", *keys.ssh_options(state.path), f"root@{host.address}", *remote]


def system_state(state: State, host: LabHost, *, wait: bool = False, timeout: float = 5.0) -> str | None:
    """Return what `systemctl is-system-running` says over SSH, or None when the host does not answer."""
    command = ["systemctl", "is-system-running", *(["--wait"] if wait else [])]
    try:
        done = subprocess.run(
            ssh_argv(state, host, *command),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env=machine.environment(),
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() or None


def wait_ready(context: Context, host: LabHost) -> str:
    """Wait until SSH answers and systemd has settled; returns its state. Raises BongsuError past the deadline."""
    deadline = time.monotonic() + READY_WITHIN
    system = None
    while (left := deadline - time.monotonic()) > 0:
        system = system_state(context.state, host, wait=True, timeout=left)
        if system in SETTLED:
            return str(system)
        time.sleep(0.2)
    name = context.container(host.name)
    logs = context.podman.run("logs", "--tail=15", name, check=False)
    raise BongsuError(
        f"{host.name} was not ready within {READY_WITHIN:.0f} s (systemd: {system or 'no answer'}). "
        f"Its console: {(logs.stdout + logs.stderr).strip() or 'empty'}"
    )
