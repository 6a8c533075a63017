"""What a component should be: the argument specification, and its parameters as typed values."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import edits
from ..errors import BongsuError

_FILE = {
    "dest": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["file", "directory", "absent"], "default": "file"},
    "content": {"type": "str"},
    "edit": {"type": "dict"},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str"},
    "validate": {"type": "list", "elements": "str"},
    "on_change": {"type": "str", "choices": ["restart", "reload", "none"], "default": "reload"},
    "units": {"type": "list", "elements": "str"},
    "secret": {"type": "bool", "default": False, "no_log": False},
}
_UNIT = {
    "name": {"type": "str", "required": True},
    "enabled": {"type": "bool"},
    "state": {"type": "str", "choices": ["started", "stopped", "as_found"]},
    "masked": {"type": "bool", "default": False},
}
_HTTP = {
    "url": {"type": "str", "required": True},
    "status": {"type": "int", "default": 200},
    "contains": {"type": "str"},
    "ca": {"type": "str"},
    "cert": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "server_name": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}
_PROBE = {
    "unit": {"type": "dict", "options": {"name": {"type": "str", "required": True}}},
    "tcp": {
        "type": "dict",
        "options": {
            "port": {"type": "int", "required": True},
            "host": {"type": "str", "default": "127.0.0.1"},
        },
    },
    "http": {"type": "dict", "options": _HTTP},
    "command": {"type": "dict", "options": {"argv": {"type": "list", "elements": "str", "required": True}}},
    "file": {
        "type": "dict",
        "options": {"path": {"type": "str", "required": True}, "max_age": {"type": "float"}},
    },
}
ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "packages": {"type": "list", "elements": "str", "default": []},
    "replaces": {"type": "list", "elements": "str", "default": []},
    "upgrade": {"type": "bool", "default": False},
    "files": {"type": "list", "elements": "dict", "options": _FILE, "default": []},
    "validate": {"type": "list", "elements": "list", "default": []},
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
    "units": {"type": "list", "elements": "dict", "options": _UNIT, "default": []},
    "health": {"type": "list", "elements": "dict", "options": _PROBE, "default": []},
    "deadline": {"type": "float", "default": 30.0},
    "confirm_within": {"type": "float"},
    "state_directory": {"type": "str", "default": "/var/lib/bongsu"},
}

_NAME = re.compile(r"[a-z0-9][A-Za-z0-9_.-]*\Z")
_UNIT_NAME = re.compile(r"[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|path|mount|target)\Z")
_MODE = re.compile(r"0?[0-7]{3,4}\Z")
_PACKAGE = re.compile(r"([a-z0-9][a-z0-9+.-]+)(?:=([0-9A-Za-z.+:~-]+))?\Z")  # Debian policy, 5.6.1 and 5.6.12
_SHORTEST_CONFIRMATION = 5  # seconds: a new SSH connection on a busy host takes one or two


@dataclass(frozen=True)
class PackageSpec:
    """A Debian package; a version pins it: that one is installed and held."""

    name: str
    version: str | None = None

    def __str__(self) -> str:
        """Write it as apt-get takes it."""
        return self.name if self.version is None else f"{self.name}={self.version}"


@dataclass(frozen=True)
class FileSpec:
    """One path as wanted.

    ``state`` is file, directory or absent; taking a component away knows two more, link (``content`` is its target)
    and unmade (a directory that goes if nothing is left in it). Only a file and a link have ``content``. A file with an
    ``edit`` keeps what else it says, its owner, and its mode unless ``sets_mode``; what it comes to is known on the
    host (see edited.py).
    """

    dest: str
    state: str
    content: bytes | None = None
    owner: str = "root"
    group: str = "root"
    mode: int = 0
    validate: tuple[str, ...] = ()
    on_change: str = "none"
    units: tuple[str, ...] = ()
    secret: bool = False
    edit: Mapping[str, Any] | None = None
    sets_mode: bool = True


@dataclass(frozen=True)
class UnitSpec:
    """One systemd unit as wanted; masked means stopped and not enabled.

    One that is ``as_found`` is another's: whether it is there, enabled or runs is not this component's business. Where
    it runs, it is acted on for the files that it reads.
    """

    name: str
    enabled: bool
    started: bool
    masked: bool
    as_found: bool = False


@dataclass(frozen=True)
class Component:
    """Everything that converges together.

    ``deadline`` is in seconds, for the probes of ``health``; ``confirm_within`` in seconds, for the controller's word
    over a new connection that the host can still be reached (None: not asked for).
    """

    name: str
    packages: tuple[PackageSpec, ...]
    files: tuple[FileSpec, ...]
    validate: tuple[tuple[str, ...], ...]
    units: tuple[UnitSpec, ...]
    health: tuple[dict[str, Any], ...] = ()
    deadline: float = 30.0
    upgrade: bool = False
    confirm_within: float | None = None
    replaces: tuple[str, ...] = ()  # packages whose place the component's own may take


def parse(params: dict[str, Any]) -> Component:
    """Read the parameters (already of ARGUMENT_SPEC's types); raise BongsuError naming the place and the cure."""
    name = params["name"]
    if not _NAME.match(name):
        raise BongsuError(f"name: '{name}' is not a component's name; use lower-case letters, digits, '_', '-' and '.'")
    units = tuple(_unit(f"units[{i}]", raw) for i, raw in enumerate(params["units"]))
    _refuse_twice("units", [unit.name for unit in units], "name")
    names = tuple(unit.name for unit in units)
    files = tuple(_file(f"files[{i}]", raw, names) for i, raw in enumerate(params["files"]))
    _refuse_twice("files", [file.dest for file in files], "dest")
    if params["deadline"] <= 0:
        raise BongsuError(f"deadline: {params['deadline']} leaves no time for a probe; give seconds above 0")
    confirm_within = params["confirm_within"]
    if confirm_within is not None and confirm_within < _SHORTEST_CONFIRMATION:
        raise BongsuError(
            f"confirm_within: {confirm_within:g} s leave no time to log in again; give {_SHORTEST_CONFIRMATION} or more"
        )
    packages = tuple(_package(f"packages[{i}]", raw) for i, raw in enumerate(params["packages"]))
    _refuse_twice("packages", [package.name for package in packages], "name")
    return Component(
        name=name,
        packages=tuple(sorted(packages, key=lambda package: package.name)),
        files=files,
        validate=tuple(_command(f"validate[{i}]", raw) for i, raw in enumerate(params["validate"])),
        units=units,
        health=tuple(_probe(f"health[{i}]", raw) for i, raw in enumerate(params["health"])),
        deadline=params["deadline"],
        upgrade=params["upgrade"],
        confirm_within=confirm_within,
        replaces=tuple(_named_alone(f"replaces[{i}]", raw) for i, raw in enumerate(params["replaces"])),
    )


def _package(place: str, raw: str) -> PackageSpec:
    found = _PACKAGE.match(raw)
    if not found:
        raise BongsuError(f"{place}: '{raw}' is not a package; write it as 'NAME' or, to pin it, as 'NAME=VERSION'")
    return PackageSpec(found[1], found[2])


def _named_alone(place: str, raw: str) -> str:
    package = _package(place, raw)
    if package.version is not None:
        raise BongsuError(f"{place}: '{raw}' has a version; write the name alone, as any version may be here")
    return package.name


def _file(place: str, raw: dict[str, Any], unit_names: tuple[str, ...]) -> FileSpec:
    dest, state, content, edit = raw["dest"], raw["state"], raw["content"], raw["edit"]
    if not dest.startswith("/") or os.path.normpath(dest) != dest:
        raise BongsuError(f"{place}.dest: '{dest}' is not a plain absolute path; write it from / without '..' or '//'")
    if edit is not None:
        _refuse_edit(place, raw)
    elif state == "file" and content is None:
        raise BongsuError(f"{place}: {dest} has neither src, content nor edit; give one, or state: directory or absent")
    if state != "file" and content is not None:
        raise BongsuError(f"{place}: {dest} has content but state: {state}; drop one of the two")
    validate = tuple(raw["validate"] or ())
    if validate and not any("%s" in word for word in validate):
        raise BongsuError(f"{place}.validate: no word of {list(validate)} holds %s, where the staged path goes")
    strangers = sorted(set(raw["units"] or ()) - set(unit_names))
    if strangers:
        raise BongsuError(
            f"{place}.units: {', '.join(strangers)} is not among this component's units: {list(unit_names)}"
        )
    return FileSpec(
        dest=dest,
        state=state,
        content=None if content is None else content.encode(),
        owner=raw["owner"],
        group=raw["group"],
        mode=_mode(place, raw["mode"], state),
        validate=validate,
        on_change=raw["on_change"],
        units=unit_names if raw["units"] is None else tuple(raw["units"]),
        secret=raw["secret"],
        edit=edit,
        sets_mode=edit is None or raw["mode"] is not None,
    )


def _refuse_edit(place: str, raw: dict[str, Any]) -> None:
    """Raise BongsuError where an edit is none, or stands beside what it cannot go with."""
    beside = ["content"] if raw["content"] is not None else []
    beside += ["state"] if raw["state"] != "file" else []
    if beside:
        raise BongsuError(f"{place}: {raw['dest']} has an edit and {beside[0]}; drop one of the two")
    if wrong := edits.check(raw["edit"]):
        raise BongsuError(f"{place}.edit: {wrong}")


def _mode(place: str, raw: str | None, state: str) -> int:
    if raw is None:
        return 0o755 if state == "directory" else 0o644
    if not _MODE.match(raw):
        raise BongsuError(f"{place}.mode: '{raw}' is not an octal mode; quote it as in '0640'")
    return int(raw, 8)


def _unit(place: str, raw: dict[str, Any]) -> UnitSpec:
    name, masked = raw["name"], raw["masked"]
    if not _UNIT_NAME.match(name):
        raise BongsuError(f"{place}.name: '{name}' lacks its type; write it as '{name}.service'")
    if masked and (raw["enabled"] or raw["state"] == "started"):
        raise BongsuError(f"{place}: {name} cannot be masked and enabled or started; drop one of the two")
    if raw["state"] == "as_found":
        if masked or raw["enabled"] is not None:
            raise BongsuError(f"{place}: {name} cannot be as found and also enabled or masked; drop one of the two")
        return UnitSpec(name, enabled=False, started=False, masked=False, as_found=True)
    return UnitSpec(
        name=name,
        enabled=not masked if raw["enabled"] is None else raw["enabled"],
        started=not masked if raw["state"] is None else raw["state"] == "started",
        masked=masked,
    )


def _command(place: str, raw: list[Any]) -> tuple[str, ...]:
    if not raw:
        raise BongsuError(f"{place}: an empty command; give the program and its arguments as a list")
    return tuple(str(word) for word in raw)


def _probe(place: str, raw: dict[str, Any]) -> dict[str, Any]:
    given = {kind: options for kind, options in raw.items() if options is not None}
    if len(given) != 1:
        raise BongsuError(f"{place}: give exactly one of {', '.join(sorted(_PROBE))}, not {sorted(given) or 'none'}")
    return given


def _refuse_twice(place: str, values: list[str], key: str) -> None:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise BongsuError(f"{place}[{i}].{key}: '{value}' is listed twice; keep one entry")
