"""OpenSCAP's content: Debian's own package of it, fetched by its exact name, pinned, and kept in the cache.

The package holds data alone, and nothing of it is installed anywhere: each release's data stream is taken out of it.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import subprocess
import tarfile
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bongsu import paths
from bongsu.errors import BadInput, BongsuError
from bongsu.lab import machine

DEFAULT_MIRROR = "http://deb.debian.org/debian"  # Debian's own; the digest is what makes it trustworthy
_APT_HELPER = Path("/usr/lib/apt/apt-helper")
_STREAM = "./usr/share/xml/scap/ssg/content/ssg-debian{}-ds.xml"
_PATIENCE = 60.0  # seconds for one answer of a mirror


@dataclass(frozen=True)
class Pin:
    """One file of Debian's archive: its path below a mirror, its digest, and the releases that it has content for."""

    path: str
    sha256: str
    releases: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name, which tells the version."""
        return Path(self.path).name


def cached(pin: Pin) -> Path:
    """Return where the package is kept; an operator without a mirror may put it there."""
    directory = paths.cache_dir() / "scap"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory / pin.name


def stream(pin: Pin, release: str) -> Path:
    """Return where a release's data stream is kept, compressed by xz."""
    return cached(pin).with_name(f"{Path(pin.name).stem}-debian{release}.xml.xz")


def ensure(pin: Pin, mirror: str = "") -> None:
    """Have every release's data stream in the cache. Raises BadInput that says how to get it otherwise."""
    if all(stream(pin, release).exists() for release in pin.releases):
        return
    package = cached(pin)
    if not package.exists():
        base = mirror or _machines_mirror()
        url = f"{base.rstrip('/')}/{pin.path}"
        try:
            fetch(url, package)
        except BongsuError as error:
            raise BadInput(
                f"{url}: {error}; set audit_mirror to a mirror that has it, or fetch {pin.name} from any mirror or "
                f"archive of Debian's packages yourself and put it at {package}"
            ) from None
    data = package.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != pin.sha256:
        package.unlink()
        raise BadInput(
            f"{package}: its SHA-256 is {digest}, not the pinned {pin.sha256}; removed, nothing of it was used"
        )
    for release, text in unpack(data, pin.releases).items():
        _write(stream(pin, release), lzma.compress(text))


def fetch(url: str, place: Path) -> None:
    """Fetch a file: by apt's own means where there is apt, with its proxies and settings, else by Python."""
    if not _APT_HELPER.exists():
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - the operator's mirror; the digest judges
                _write(place, answer.read())
        except (OSError, ValueError) as error:
            raise BongsuError(str(error)) from None
        return
    with tempfile.TemporaryDirectory(dir=place.parent) as directory:
        fetched = Path(directory) / place.name
        argv = [str(_APT_HELPER), "-o", f"Acquire::http::Timeout={_PATIENCE:.0f}", "download-file", url, str(fetched)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=machine.environment())
        if done.returncode != 0 or not fetched.exists():
            raise BongsuError((done.stderr.strip() or done.stdout.strip()).removeprefix("E: "))
        fetched.replace(place)


def unpack(package: bytes, releases: tuple[str, ...]) -> dict[str, bytes]:
    """Take the releases' data streams out of a Debian package."""
    with tarfile.open(fileobj=io.BytesIO(_member(package, "data.tar")), mode="r:*") as tar:
        found = {}
        for release in releases:
            try:
                member = tar.extractfile(_STREAM.format(release))
            except KeyError:
                member = None
            if member is None:
                raise BongsuError(f"the package has no content for Debian {release}")
            found[release] = member.read()
    return found


def _member(package: bytes, name: str) -> bytes:
    """Return a member of an ar archive, which a Debian package is: 60 bytes of header, the data, even lengths."""
    place = len(b"!<arch>\n")
    while place + 60 <= len(package):
        header = package[place : place + 60]
        size = int(header[48:58])
        if header[:16].decode(errors="replace").startswith(name):
            return package[place + 60 : place + 60 + size]
        place += 60 + size + size % 2
    raise BongsuError(f"this is no Debian package: it has no {name}")


def _machines_mirror() -> str:
    """Return the mirror that this machine's own apt uses, or Debian's."""
    try:
        return machine.mirrors()[0]
    except (BadInput, FileNotFoundError):
        return DEFAULT_MIRROR


def _write(place: Path, data: bytes) -> None:
    """Put a file into the cache as a whole or not at all."""
    staged = place.with_name(f".{place.name}.{os.getpid()}")
    staged.write_bytes(data)
    staged.replace(place)
