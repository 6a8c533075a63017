"""Disks of virtual machines: one a Debian release, made by mmdebstrap and mke2fs, named after the hash of their recipe.

No loop device and no mount is needed. The kernel and its initramfs lie beside the disk, for QEMU to start without a
boot loader: a role that changes the kernel's command line or its initramfs cannot be judged on these machines.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu import paths
from bongsu.errors import BongsuError
from bongsu.lab import keys, machine
from bongsu.lab.spec import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

CUSTOMIZE = Path(__file__).parent / "image" / "customize.sh"
DISK = "8G"  # what the machine sees; on this machine it takes what is in it, about 1 GB

# What Debian's own images for virtual machines have and a service could notice, with the kernel that bare metal runs:
# the one for clouds lacks modules that hardening forbids.
PACKAGES = """
    apparmor ca-certificates cron dbus e2fsprogs initramfs-tools iproute2 iputils-ping kmod less libpam-systemd
    linux-image-amd64 netbase nftables openssh-server procps python3 python3-apt sudo systemd systemd-sysv
    systemd-timesyncd udev zstd
"""
APT_OPTIONS = ('Acquire::Languages "none"',)
# customize.sh takes the first away again at the end.
DPKG_OPTIONS = ("force-unsafe-io", "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*")


@dataclass(frozen=True)
class Image:
    """What one build left; everything but `disk` is read alone, and the disk only through an overlay."""

    directory: Path

    @property
    def disk(self) -> Path:
        """The root file system, raw and sparse."""
        return self.directory / "disk.raw"

    @property
    def kernel(self) -> Path:
        """The kernel."""
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        """The kernel's first file system."""
        return self.directory / "initrd.img"

    @property
    def operator_key(self) -> Path:
        """The private key that lets root in; it was made for this image, and opens nothing else."""
        return self.directory / "id_ed25519"

    @property
    def host_keys(self) -> Path:
        """The machine's public SSH keys, a line each."""
        return self.directory / "host_keys"


def recipe(release: str, debian: str = "", security: str = "") -> list[str]:
    """Return mmdebstrap's arguments for a release, without the output directory and the customize hook.

    `debian` and `security` are the mirrors' URIs; they are no part of what the image is, so its name leaves them out.
    """
    suite = RELEASES[release]
    return [
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        f"--include={','.join(PACKAGES.split())}",
        *(f"--aptopt={option}" for option in APT_OPTIONS),
        *(f"--dpkgopt={option}" for option in DPKG_OPTIONS),
        "--skip=cleanup/apt,cleanup/reproducible",
        suite,
        "-",
        f"deb {debian} {suite} main",
        f"deb {debian} {suite}-updates main",
        f"deb {security} {suite}-security main",
    ]


def name(release: str, customize: str | None = None) -> str:
    """Return the image's name: the release, and a hash of everything that the image is made from."""
    script = CUSTOMIZE.read_text(encoding="utf-8") if customize is None else customize
    content = json.dumps([recipe(release), DISK, script])
    return f"{release}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def ensure(release: str, progress: Callable[[str, str], None]) -> Image:
    """Return the release's image, built where it is missing; those of older recipes go."""
    directory = images_dir() / name(release)
    if not directory.is_dir():
        for old in images_dir().glob(f"{release}-*"):
            shutil.rmtree(old)
        build(release, directory, progress)
    return Image(directory)


def build(release: str, directory: Path, progress: Callable[[str, str], None]) -> None:
    """Make one release's image. Raises BongsuError with the failing tool's own words."""
    subject = f"machine {release}"
    progress(subject, "building its disk (one to three minutes, only once)")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=images_dir(), prefix=f"{release}-new-") as work:
        tree, made = Path(work) / "tree", Image(Path(work) / "image")
        made.directory.mkdir(mode=0o700)
        arguments = recipe(release, *machine.mirrors())
        arguments[arguments.index("-")] = str(tree)
        _run(["mmdebstrap", f'--customize-hook=sh "{CUSTOMIZE}" "$1"', *arguments], work)
        (tree / "etc/hostname").write_text(f"{host_name(release)}\n")
        (tree / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {host_name(release)}\n")
        ssh = tree / "root/.ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        (ssh / "authorized_keys").write_text(f"{keys.ensure_key(made.operator_key)}\n")
        public = sorted((tree / "etc/ssh").glob("ssh_host_*_key.pub"))
        made.host_keys.write_text("".join(path.read_text() for path in public))
        for target, found in ((made.kernel, "vmlinuz-*"), (made.initrd, "initrd.img-*")):
            shutil.copyfile(max((tree / "boot").glob(found)), target)
        _run(["mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", str(tree), str(made.disk), DISK], work)
        made.directory.rename(directory)
    progress(subject, f"built in {time.monotonic() - started:.0f} s")


def host_name(release: str) -> str:
    """Return what a release's machine calls itself."""
    return f"debian{release}"


def images_dir() -> Path:
    """Return where the images are (created)."""
    path = paths.cache_dir() / "machines"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def _run(argv: list[str], work: str) -> None:
    """Run one tool of a build, with its temporary files beside the rest of the build."""
    env = machine.environment(TMPDIR=work)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        said = "\n".join(done.stderr.strip().splitlines()[-15:])
        raise BongsuError(f"the disk of a virtual machine could not be made: {argv[0]} said:\n{said}")
