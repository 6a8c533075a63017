"""What the check looks at and what it finds: plain values, no Ansible and no disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bongsu.inventory.definitions import Definitions
    from bongsu.inventory.schema import Schema

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to repair: where it is, which key, what is wrong and what to write instead."""

    file: str
    key: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """Render as `file:line: key: message`, leaving out what is not known."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.message) if part)


@dataclass(frozen=True)
class Unresolved:
    """A value whose template needs what is not known before the run (a fact, a lookup): never judged.

    A `certain` one cannot be had in the run either: no Jinja at all, or no password for it.
    """

    reason: str
    certain: bool = False


@dataclass(frozen=True)
class Host:
    """A host: its groups from `all` to the most specific, its own variables resolved, and role defaults."""

    name: str
    groups: tuple[str, ...]
    variables: dict[str, Any]
    defaults: dict[str, Any] = field(default_factory=dict)

    def get(self, variable: str) -> Any:
        """Return the variable's value, else the role's default, else None; None as well if unresolved."""
        value = self.variables.get(variable, self.defaults.get(variable))
        return None if isinstance(value, Unresolved) else value

    @property
    def is_local(self) -> bool:
        """Say whether the host is the machine that Ansible runs on."""
        return str(self.variables.get("ansible_connection")) in {"local", "ansible.builtin.local"}

    @property
    def address(self) -> str | None:
        """Return the address others reach it by, as the filter `host_address` does; None if unresolved."""
        for variable in ("bongsu_address", "ansible_host"):
            value = self.variables.get(variable)
            if isinstance(value, Unresolved):
                return None
            if value is not None and str(value).strip():
                return str(value)
        return "127.0.0.1" if self.is_local else self.name


@dataclass(frozen=True)
class Inventory:
    """The merged truth as Ansible sees it, where each key was written, and what may be written."""

    hosts: dict[str, Host]
    groups: dict[str, tuple[str, ...]]  # group -> its hosts, children's included
    sources: tuple[str, ...]  # as they are shown to the operator
    folder: str  # the first source's directory, where group_vars/ is
    definitions: Definitions
    schema: Schema

    def in_group(self, group: str) -> list[Host]:
        """Return the hosts of a group, in the inventory's order; none when there is no such group."""
        return [self.hosts[name] for name in self.groups.get(group, ()) if name in self.hosts]

    def missing(self, variable: str, vars_file: str, message: str) -> Problem:
        """Make a problem of a variable that is written nowhere, at the file that should have it."""
        return Problem(f"{self.folder}/group_vars/{vars_file}", variable, message)

    def problem(self, host: Host | None, path: KeyPath, message: str) -> Problem:
        """Make a problem at a variable's key, looked up in the file that gives it to this host."""
        found = self.definitions.of(host, str(path[0])) if path else None
        if found is None:
            place = self.sources[0] if self.sources else ""
            key = render(path) if host is None else render((host.name, *path))
            return Problem(place, key, message)
        return Problem(found.file, found.prefix + render(path), message, found.line(path[1:]))


def render(path: KeyPath) -> str:
    """Write a key path as a person would: `alertmanager_receivers[0].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
