"""Exact versions of packages, from what apt has fetched once or can still fetch."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from contextlib import suppress

from ..errors import BongsuError
from . import apt

ARCHIVES = "/var/cache/apt/archives"  # what apt-get has fetched, until somebody cleans up


def keep(versions: Mapping[str, str]) -> None:
    """Have those versions of installed packages that a repository still has fetched, to be installed again one day."""
    for name, version in sorted(versions.items()):
        with suppress(BongsuError):
            apt.get("--download-only", "--reinstall", *apt.MAY_CHANGE, "install", f"{name}={version}")


def install(versions: Mapping[str, str]) -> None:
    """Install versions of packages, even where dpkg has these very versions, and not whole; remove nothing for them."""
    exact = {name: f"{name}={version}" for name, version in versions.items()}
    paths = {name: path for name, version in versions.items() if (path := _find(name, version))}
    try:
        _install({**exact, **paths})
    except BongsuError:  # a file that is not whole, perhaps
        if not paths:
            raise
        _install(exact)


def _install(arguments: Mapping[str, str]) -> None:
    apt.get("--no-remove", "--fix-broken", "--reinstall", *apt.MAY_CHANGE, "install", *arguments.values())


def _find(package: str, version: str) -> str | None:
    """Find a package's version among what apt-get has fetched."""
    name, _, architecture = package.partition(":")
    start = glob.escape(f"{ARCHIVES}/{name}_{version.replace(':', '%3a')}_")
    found = glob.glob(f"{start}{glob.escape(architecture) or '*'}.deb")
    return found[0] if len(found) == 1 else None
