"""What apt is about to do, told by apt itself in the moment before dpkg begins, instead of by a simulation first.

That is its hook DPkg::Pre-Install-Pkgs (apt.conf(5)): a command that is given the list, and whose error ends apt. A
simulation costs as much again as the installation itself: both go through all that a mirror has.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import host

# Both hooks begin so: apt gives its settings first, then an empty line, then a line for each package.
_SETTINGS = """\
import os
import sys
native = ""
for line in sys.stdin:
    if line.startswith("APT::Architecture="):
        native = line.strip().partition("=")[2]
    if line == "\\n":
        break
"""
# Keeps the list of the packages that are about to come. What replaces or removes something must be in the journal in
# more words, which only a simulation finds. Whoever undoes the run moves the place away: an apt-get that comes here
# afterwards installs nothing.
_KEEP = f"""\
{_SETTINGS}
place, new = os.path.dirname(__file__), set()
for line in sys.stdin:
    name, old, _, _, _, _, architecture, _, action = line.rstrip("\\n").split(" ", 8)
    if old != "-" or action == "**REMOVE**":
        sys.exit(f"bongsu: {{name}} is here already")
    new.add(name if architecture in (native, "all") else f"{{name}}:{{architecture}}")
with open(f"{{place}}/new", "w") as file:
    file.write("".join(f"{{name}}\\n" for name in sorted(new)))
    file.flush()
    os.fsync(file.fileno())
os.rename(f"{{place}}/new", f"{{place}}/list")
directory = os.open(place, os.O_RDONLY)
os.fsync(directory)
"""
# A package of another architecture has the same name here.
_ALLOW = f"""\
{_SETTINGS}
for line in sys.stdin:
    words = line.split()
    if words[-1] != "**REMOVE**" or words[0] not in sys.argv or words[2] not in (native, "all"):
        sys.exit(f"bongsu: not asked for: {{line}}")
"""
_PYTHON = "/usr/bin/python3"


def going(names: Iterable[str]) -> list[str]:
    """Return the options with which apt removes nothing but the packages ``names``, and installs nothing."""
    return _options("-c", _ALLOW, *names)


def expect(place: Path) -> list[str]:
    """Return the options with which apt installs only what is new, and keeps the list of it in a place of a journal."""
    place.mkdir(mode=0o700)
    host.write_new(str(place / "hook"), _KEEP.encode(), mode=0o600)
    host.sync([str(place / "hook"), str(place), str(place.parent)])
    return _options(str(place / "hook"))


def claim(place: Path) -> list[str]:
    """Return the list that apt kept there; one that has not kept any by now installs nothing any more."""
    came = place.with_suffix(".claimed")
    with suppress(FileNotFoundError):
        place.rename(came)
        host.sync([str(place.parent)])
    return (came / "list").read_text(encoding="utf-8").split() if (came / "list").exists() else []


def resolved(journal: Path, packages: dict[str, Any]) -> dict[str, Any]:
    """Return a journal's packages with what apt told; none where dpkg was never begun."""
    if not packages.get("awaited"):
        return packages
    new = claim(journal / packages["awaited"])
    return {**packages, "new": new, "awaited": None} if new else {}


def _options(*arguments: str) -> list[str]:
    return [
        f"-oDPkg::Tools::Options::{_PYTHON}::Version=3",
        f"-oDPkg::Pre-Install-Pkgs::={shlex.join([_PYTHON, '-IS', *arguments])}",
    ]
