"""What dpkg, and ucf for files that maintainer scripts write, know of the files on this host."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .explain import Packages

DPKG, UCF = Path("/var/lib/dpkg"), Path("/var/lib/ucf")
_MD5 = 32  # hexadecimal digits
_MOVED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # to /usr, as most packages of Debian 12 do not say


def read(root: Path = Path("/")) -> Packages:
    """Read versions, and by path the package and the MD5 that the file has as packaged."""
    real = partial(_real, root)
    owners: dict[str, str] = {}
    digests: dict[str, str] = {}
    info = DPKG / "info"
    package, there = "", True
    for listed in info.glob("*.list"):
        package = listed.stem.partition(":")[0]
        for line in _lines(listed):
            owners.setdefault(real(line), package)
    for listed in info.glob("*.md5sums"):
        for line in _lines(listed):
            digest, _, path = line.partition("  ")
            digests[real(f"/{path}")] = digest
    versions: dict[str, str] = {}
    for line in _lines(DPKG / "status"):
        field, _, value = line.partition(": ")
        if field == "Package":
            package = value
        elif field == "Status":  # of one that was removed and not purged, dpkg keeps the version that it had
            there = not value.endswith((" config-files", " not-installed"))
        elif field == "Version" and there:  # also of one whose installation was cut off: its files are there
            versions[package] = value
        if line.startswith(" /") and len(words := line.split()) == 2 and len(words[1]) == _MD5:  # Conffiles
            digests[words[0]] = words[1]
    for line in _lines(UCF / "registry"):
        package, _, path = line.partition("\t")
        owners[path.strip()] = package.strip()
    for line in _lines(UCF / "hashfile"):
        digest, _, path = line.partition("  ")
        digests[path.strip()] = digest
    return Packages(versions, owners, digests)


def _real(root: Path, path: str) -> str:
    first, _, rest = path.lstrip("/").partition("/")
    moved = bool(rest) and first in _MOVED and os.path.islink(root / first)
    return f"/usr{path}" if moved else path


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:  # no ucf here, or a package that went while it was looked at
        return
