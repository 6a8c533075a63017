"""SSH keys of the lab: the operator's, and one a host, made here so that they are known before first contact."""

from __future__ import annotations

import io
import shlex
import subprocess
import tarfile
import time
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bongsu.lab import machine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bongsu.lab.spec import LabHost

HOST_KEY = "ssh_host_ed25519_key"
NETWORK_UNIT = "lab-network-settings.service"
# podman mounts /proc/sys read-only. A host's network is its own, and a server sets it; all other settings of the kernel
# are the machine's, and stay out of reach: only /proc/sys/net is mounted anew.
_NETWORK_SETTINGS = """\
[Unit]
Description=Let this host set how its network behaves
DefaultDependencies=no
Before=systemd-sysctl.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount --bind /proc/sys/net /proc/sys/net
ExecStart=/bin/mount -o remount,bind,rw /proc/sys/net
"""


def ensure_key(path: Path) -> str:
    """Return the public key beside a private key file, making both when the private one is missing."""
    public = path.with_name(path.name + ".pub")
    if not (path.exists() and public.exists()):
        key = Ed25519PrivateKey.generate()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n")
    return public.read_text(encoding="utf-8").strip()


def known_hosts(keys: Iterable[tuple[LabHost, str]]) -> str:
    """Return the text of a known_hosts file for hosts and their public keys."""
    return "".join(f"{host.address} {key}\n" for host, key in sorted(keys, key=lambda pair: pair[0].name))


def ssh_options(state: Path) -> list[str]:
    """Return ssh's options for the hosts of a lab."""
    return options(state / "id_ed25519", state / "known_hosts", patience=5)


def options(key: Path, known: Path, patience: int) -> list[str]:
    """Return ssh's options: this key, these host keys, and nothing of the operator's own settings.

    `patience` is the time in seconds that a connection may take.
    """
    settings = {
        "IdentityFile": key,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": known,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "ConnectTimeout": patience,
        "LogLevel": "ERROR",
    }
    # A value is read as ssh_config text, where a space ends it unless quoted.
    quoted = {name: f'"{value}"' if " " in str(value) else str(value) for name, value in settings.items()}
    return ["-F", "none", *(word for name, value in quoted.items() for word in ("-o", f"{name}={value}"))]


def close_connections(control: Path) -> None:
    """End the SSH connections that Ansible keeps open, by their sockets in `control`."""
    for socket in control.glob("*"):
        subprocess.run(
            ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "lab"],
            capture_output=True,
            check=False,
            env=machine.environment(),
        )


def shell_words(words: Iterable[str]) -> str:
    """Return words as one line of shell, as ansible_ssh_common_args wants them."""
    return shlex.join(words)


def overlay(host_key: Path, operator_key: str, units: Iterable[str]) -> bytes:
    """Return a tar of what one host has beyond its image: its host key, who may enter, what starts with it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, f"etc/ssh/{HOST_KEY}", host_key.read_bytes(), 0o600)
        _add(tar, f"etc/ssh/{HOST_KEY}.pub", host_key.with_name(host_key.name + ".pub").read_bytes(), 0o644)
        directory = tarfile.TarInfo("root/.ssh")
        directory.type, directory.mode, directory.mtime = tarfile.DIRTYPE, 0o700, int(time.time())
        tar.addfile(directory)
        _add(tar, "root/.ssh/authorized_keys", f"{operator_key}\n".encode(), 0o600)
        _add(tar, f"etc/systemd/system/{NETWORK_UNIT}", _NETWORK_SETTINGS.encode(), 0o644)
        _link(tar, f"sysinit.target.wants/{NETWORK_UNIT}", f"/etc/systemd/system/{NETWORK_UNIT}")
        for unit in units:
            _link(tar, f"multi-user.target.wants/{unit}", f"/lib/systemd/system/{unit}")
    return buffer.getvalue()


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    link = tarfile.TarInfo(f"etc/systemd/system/{name}")
    link.type, link.linkname = tarfile.SYMTYPE, target
    tar.addfile(link)


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), mode, int(time.time())
    tar.addfile(entry, io.BytesIO(content))
