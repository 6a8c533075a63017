"""What this machine must have to build virtual machines and to run them."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from bongsu.errors import BadInput
from bongsu.lab import machine
from bongsu.lab.machine import Need

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDS = (
    Need("qemu-system-x86", ("/usr/bin/qemu-system-x86_64",)),
    Need("qemu-utils", ("/usr/bin/qemu-img",)),
    Need("mmdebstrap", ("/usr/bin/mmdebstrap",)),
    Need("debian-archive-keyring", ("/usr/share/keyrings/debian-archive-keyring.gpg",)),
    Need("e2fsprogs", ("/usr/sbin/mke2fs", "/sbin/mke2fs")),
    Need("openssh-client", ("/usr/bin/ssh",)),
)


def missing_packages(exists: Callable[[str], bool] = os.path.exists) -> list[str]:
    """Return the Debian packages that virtual machines need and this machine lacks."""
    return [need.package for need in NEEDS if not any(exists(path) for path in need.paths)]


def install_missing(progress: Callable[[str, str], None]) -> None:
    """Install what is missing through apt; raise BadInput where this machine cannot do it at all."""
    if platform.machine() != "x86_64":
        raise BadInput(f"virtual machines are built for amd64 only, and this machine is {platform.machine()}")
    packages = missing_packages()
    if os.geteuid() != 0:
        also = f" It will install: {' '.join(packages)}." if packages else ""
        raise BadInput(f"a virtual machine's disk is made as root: run it again with sudo.{also}")
    machine.install(packages, progress)
