"""The lab's images: one a Debian release, made by mmdebstrap, named after the hash of their recipe."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu import paths
from bongsu.errors import BongsuError
from bongsu.lab import machine
from bongsu.lab.spec import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bongsu.lab.podman import Podman

REPOSITORY = "localhost/bongsu-lab"
CUSTOMIZE = Path(__file__).parent / "image" / "customize.sh"

# What a small server has, and nothing that a container cannot use (no networkd, resolved, udev).
PACKAGES = """
    ca-certificates cron dbus iproute2 iputils-ping less netbase nginx openssh-server openssl procps python3 python3-apt
    sudo systemd systemd-sysv
"""
APT_OPTIONS = ('Acquire::Languages "none"',)
# A container's disk is as volatile as the lab: no need to wait for it. Manual pages and translations are a third of
# the unpacking.
DPKG_OPTIONS = ("force-unsafe-io", "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*")


def recipe(release: str, debian: str = "", security: str = "") -> list[str]:
    """Return mmdebstrap's arguments for a release, without the output file and the customize hook.

    `debian` and `security` are the mirrors' URIs; they are no part of what the image is, so its name leaves them out.
    """
    suite = RELEASES[release]
    return [
        "--mode=root",
        "--variant=minbase",
        "--format=tar",
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


def image_name(release: str, customize: str | None = None) -> str:
    """Return the image's full name: its tag has the release and a hash of everything it is made from."""
    script = CUSTOMIZE.read_text(encoding="utf-8") if customize is None else customize
    content = json.dumps([recipe(release), script])
    return f"{REPOSITORY}:{release}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def ensure(podman: Podman, releases: Iterable[str], progress: Callable[[str, str], None]) -> None:
    """Build the images that are missing, side by side."""
    missing = [release for release in releases if not exists(podman, image_name(release))]
    if not missing:
        return
    shutil.rmtree(work_dir())  # a build that was killed leaves its tree
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(build, podman, release, progress) for release in missing]:
            done.result()


def exists(podman: Podman, name: str) -> bool:
    """Say whether an image is there."""
    return podman.run("image", "exists", name, check=False).returncode == 0


def build(podman: Podman, release: str, progress: Callable[[str, str], None]) -> None:
    """Make one release's image. Raises BongsuError with mmdebstrap's own words."""
    subject = f"image {release}"
    progress(subject, "building (about a minute, only once)")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=work_dir()) as work:
        tarball = Path(work) / "root.tar"
        arguments = recipe(release, *machine.mirrors())
        arguments[arguments.index("-")] = str(tarball)
        done = subprocess.run(
            ["mmdebstrap", f'--customize-hook=sh "{CUSTOMIZE}" "$1"', *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=machine.environment(TMPDIR=work),
        )
        if done.returncode != 0:
            raise BongsuError(f"the image of Debian {release} could not be made:\n{_tail(done.stderr)}")
        progress(subject, "importing")
        podman.run(
            "import",
            "--quiet",
            '--change=CMD ["/lib/systemd/systemd"]',
            "--change=ENV LANG=C.UTF-8",
            str(tarball),
            image_name(release),
        )
    progress(subject, f"built in {time.monotonic() - started:.0f} s")


def work_dir() -> Path:
    """Return where images are made (created): not /tmp, which may be memory; a tree is a third of a gigabyte."""
    path = paths.cache_dir() / "lab"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def prune(podman: Podman, *, all_of_them: bool = False) -> None:
    """Remove the lab's own images of older recipes, or all; one that a container still uses stays."""
    keep = set() if all_of_them else {image_name(release) for release in RELEASES}
    for name in _own(podman) - keep:
        podman.run("rmi", name, check=False)


def _own(podman: Podman) -> set[str]:
    """Return the names of all images of the lab's own repository."""
    listed = podman.run("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    return {name for name in listed if name.startswith(f"{REPOSITORY}:")}


def _tail(text: str, lines: int = 15) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
