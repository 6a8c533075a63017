"""QEMU: its command line, and one process of it."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu.errors import BadInput, BongsuError
from bongsu.lab import machine

if TYPE_CHECKING:
    from bongsu.machines.images import Image

# KVM is taken only when asked for: inside many virtual machines /dev/kvm opens, and then nothing boots.
ACCELERATION = "BONGSU_MACHINES_ACCEL"
CPUS = {"tcg": "max", "kvm": "host"}
MEMORY_MIB = 1536  # a monitor with Prometheus and Alertmanager, and their packages being unpacked
PROCESSORS = 2
GUEST_ADDRESS = "10.0.2.15"  # the first that QEMU's user network gives
_KERNEL = "root=/dev/vda rw console=ttyS0 panic=-1"


@dataclass(frozen=True)
class Files:
    """Where one machine keeps what it writes."""

    overlay: Path  # all that it changed on its disk
    console: Path


def acceleration(environment: dict[str, str] | None = None) -> str:
    """Return what to run guests with: tcg, or what the environment asks for."""
    chosen = (dict(os.environ) if environment is None else environment).get(ACCELERATION, "tcg")
    if chosen not in CPUS:
        raise BadInput(f"{ACCELERATION}={chosen}: write {' or '.join(CPUS)}")
    return chosen


def arguments(image: Image, files: Files, port: int, accel: str) -> list[str]:
    """Return QEMU's command line; `port` of this machine's loopback leads to the guest's sshd.

    Of what the guest has not flushed, a killed QEMU loses what the guest and qcow2's tables had in memory.
    """
    return [
        "qemu-system-x86_64",
        "-nodefaults",
        "-no-user-config",
        *("-display", "none"),
        *("-machine", "q35"),
        *("-accel", accel, "-cpu", CPUS[accel]),
        *("-smp", str(PROCESSORS), "-m", str(MEMORY_MIB)),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", _KERNEL),
        *("-drive", f"if=none,id=disk,format=qcow2,cache=writeback,file={_value(files.overlay)}"),
        *("-device", "virtio-blk-pci,drive=disk"),
        *("-netdev", f"user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-:22"),
        *("-device", "virtio-net-pci,netdev=net,romfile="),
        *("-device", "virtio-rng-pci"),
        *("-chardev", f"file,id=console,append=on,path={_value(files.console)}", "-serial", "chardev:console"),
    ]


def overlay_arguments(image: Image, files: Files) -> list[str]:
    """Return the command that makes an empty overlay: the image's own disk is never written to."""
    return ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image.disk), str(files.overlay)]


def create_overlay(image: Image, files: Files) -> None:
    """Give a machine the image's disk as its own."""
    argv = overlay_arguments(image, files)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=machine.environment())
    if done.returncode != 0:
        raise BongsuError(f"a virtual machine's disk could not be made: {done.stderr.strip()}")


def start(argv: list[str]) -> subprocess.Popen[bytes]:
    """Start QEMU, away from the terminal's Ctrl-C; the kernel kills it when the thread that starts it dies."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=machine.environment(),
    )


def free_port() -> int:
    """Return a port of this machine's loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _value(path: Path) -> str:
    """Return a path as QEMU's options take it: there, a comma ends a value unless doubled."""
    return str(path).replace(",", ",,")
