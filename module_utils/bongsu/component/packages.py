"""Debian packages: what dpkg has, and what is to be done about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .spec import PackageSpec

_TORN = "reinstreq"  # dpkg's flag of a package in whose unpacking it was cut off
_UNFINISHED = {"half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"}
_FIELDS = ("Package: ", "Status: ", "Architecture: ", "Version: ")
# The host's own architecture is the one that dpkg itself is of.
_NATIVE = re.compile(r"^Package: dpkg\n(?:.+\n)*?Architecture: (\S+)$", re.MULTILINE)
# A package of a foreign architecture keeps it as a part of its name, so that it is not taken for the host's own.
_COMING = re.compile(r"^Inst (\S+) (?:\[([^\]]+)\] )?\(", re.MULTILINE)
_INSISTS = re.compile(r"(?:Pre)?Depends: (\S+) \(= ([^)]+)\) but ")
_GOING = re.compile(r"^(?:Remv|Purg) (\S+) \[", re.MULTILINE)


@dataclass(frozen=True)
class Status:
    """What dpkg has: versions of the packages that are installed and configured, and which packages are held."""

    versions: dict[str, str]
    held: frozenset[str] = frozenset()
    unfinished: bool = False  # dpkg was interrupted
    remnants: frozenset[str] = frozenset()  # removed, but their configuration is still here
    halfway: frozenset[str] = frozenset()  # here, and not yet or no longer installed
    torn: dict[str, str] = field(default_factory=dict)  # of these, the versions in whose place dpkg was cut off


@dataclass(frozen=True)
class PackagePlan:
    """What is to be done: ``install`` is (package, why) in apt's notation; ``hold`` and ``release`` are names."""

    install: tuple[tuple[str, str], ...] = ()
    hold: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    configure: bool = False  # finish what an interrupted dpkg left half done
    yielding: tuple[str, ...] = ()  # installed packages that may go for those to install
    only_adds: bool = False  # none of those to install is here in another version

    @property
    def is_empty(self) -> bool:
        """Tell whether the packages are as wanted."""
        return not (self.install or self.hold or self.release or self.configure)

    def actions(self) -> list[str]:
        """Name every action in the order it is done."""
        return [
            *(["had dpkg finish what was interrupted"] if self.configure else []),
            *(f"installed {name}: {reason}" for name, reason in self.install),
            *(f"let {name} go, where that takes its place" for name in self.yielding),
            *(f"held {name}" for name in self.hold),
            *(f"no longer holding {name}" for name in self.release),
        ]


@dataclass(frozen=True)
class Coming:
    """What an installation brings: names that are new, and the present versions of those that it replaces.

    ``remnants`` names the new ones of which there is configuration already; ``beside`` what must be asked for by its
    version, in apt's notation, for the installation to be possible; ``automatic`` those that nobody asked for.
    ``gone`` has what goes: name -> {version, automatic}.
    """

    new: tuple[str, ...] = ()
    replaced: dict[str, str] = field(default_factory=dict)
    remnants: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    gone: dict[str, dict[str, Any]] = field(default_factory=dict)


def parse_status(text: str) -> Status:
    """Read dpkg's status file.

    A package of another architecture beside the host's own of that name is NAME:ARCHITECTURE, as apt writes it.
    """
    versions: dict[str, str] = {}
    held: set[str] = set()
    remnants: set[str] = set()
    halfway: set[str] = set()
    torn: dict[str, str] = {}
    stanzas = [
        dict(line.split(": ", 1) for line in stanza.splitlines() if line.startswith(_FIELDS))
        for stanza in text.split("\n\n")
    ]
    native = _NATIVE.search(text)
    usual = ("all", native[1]) if native else ()

    def is_foreign(fields: Mapping[str, str]) -> bool:
        return bool(usual) and fields.get("Architecture", "all") not in usual

    own = {fields.get("Package") for fields in stanzas if not is_foreign(fields)}
    for fields in stanzas:
        if "Status" not in fields:
            continue
        package = fields["Package"]
        if package in own and is_foreign(fields):
            package = f"{package}:{fields['Architecture']}"
        want, flag, state = fields["Status"].split(" ", 2)
        if state in _UNFINISHED:
            halfway.add(package)
        if state == "config-files":
            remnants.add(package)
        if "Version" in fields and (state == "installed" or flag == _TORN):
            (torn if flag == _TORN else versions)[package] = fields["Version"]
            if want == "hold":
                held.add(package)
    return Status(versions, frozenset(held), bool(halfway), frozenset(remnants), frozenset(halfway), torn)


def plan(
    wanted: Iterable[PackageSpec],
    status: Status,
    last: Mapping[str, str | None],
    held_before: Iterable[str],
    newer: Iterable[str] = (),
    replaces: Iterable[str] = (),
    *,
    is_older: Callable[[str, str], bool],
) -> PackagePlan:
    """Decide what is to be done.

    ``last`` has the versions of the last converge: a package that has since become older is brought forward again.
    ``held_before`` names those that bongsu holds: no longer, where no version is pinned any more.
    ``newer`` names those that have a newer version and shall have it, ``replaces`` those whose place may be taken;
    ``is_older`` compares two versions of Debian's.
    """
    install, hold = [], []
    wanted = tuple(wanted)
    pinned = {package.name for package in wanted if package.version is not None}
    for package in wanted:
        has = status.versions.get(package.name)
        if has is None:
            install.append((str(package), "it is missing"))
        elif package.version is not None and has != package.version:
            install.append((str(package), f"{has} is not the version pinned"))
        elif package.version is None and package.name in newer:
            install.append((package.name, f"there is a newer version than {has}"))
        elif package.version is None and is_older(has, last.get(package.name) or has):
            install.append((package.name, f"{has} is older than {last[package.name]}, which it was"))
        if package.name in pinned and package.name not in status.held:
            hold.append(package.name)
    release = sorted((set(held_before) - pinned) & status.held)
    yielding = sorted(set(replaces) & status.versions.keys()) if install else []
    others = {name.partition("=")[0] for name, _ in install} & status.versions.keys()
    only_adds = bool(install) and not (others or release or yielding)
    return PackagePlan(tuple(install), tuple(hold), tuple(release), status.unfinished, tuple(yielding), only_adds)


def parse_simulation(text: str) -> Coming:
    """Read what ``apt-get --simulate install`` says would come."""
    found = _COMING.findall(text)
    return Coming(tuple(sorted(name for name, old in found if not old)), {name: old for name, old in found if old})


def insisted_on(text: str) -> list[str]:
    """Read, from apt's words about what it cannot install, which versions the packages insist on."""
    return [f"{name}={version}" for name, version in _INSISTS.findall(text)]


def parse_removal(text: str) -> set[str]:
    """Read what a simulated removal says would go."""
    return set(_GOING.findall(text))


def parse_conffiles(text: str) -> dict[str, str]:
    """Read from dpkg's status file which installed or removed package each configuration file belongs to."""
    owners: dict[str, str] = {}
    package, listed = "", False
    for line in text.splitlines():
        if line.startswith("Package: "):
            package = line[9:]
        if listed and line.startswith(" /"):
            owners[line[1:].split(" ", 1)[0]] = package
        else:
            listed = line == "Conffiles:"
    return owners
