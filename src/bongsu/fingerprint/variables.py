"""What Ansible knows of every host before anything has run: variables decrypted, templates that may move rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bongsu.fingerprint import templates
from bongsu.fingerprint.canonical import Template
from bongsu.inventory.words import words

# They say how the run is done and not what a host becomes; site.yml's decisions by them are in its code.
CONTROLS = words("bongsu_full bongsu_lost_balancers prometheus_lost_monitors")
# Ansible's own that differ from run to run. A template that reads one of them cannot be judged beforehand.
_OF_THE_RUN = words(
    "ansible_check_mode ansible_diff_mode ansible_forks ansible_inventory_sources ansible_skip_tags ansible_limit "
    "ansible_run_tags ansible_verbosity ansible_version"
)
# Where things lie on this controller: of no importance to a host, unless a template reads it.
_PLACES = words("inventory_dir inventory_file playbook_dir ansible_config_file ansible_playbook_python")
_STRUCTURE = words("groups hostvars omit ansible_facts ansible_local")
# Known to every template, and made of what is counted anyway.
_GIVEN = _STRUCTURE | _PLACES | {"role_path", "role_name", "ansible_version", "true", "false", "none", "True", "False"}


@dataclass
class Known:
    """Every host's variables, ready for a digest; ``unknowable`` says what cannot be known before the run."""

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    fact_names: set[str] = field(default_factory=set)  # that the inventory's templates read
    unknowable: list[str] = field(default_factory=list)


def gather(inventory: Any, loader: Any, roles: Mapping[str, Sequence[Path]], *, code: str) -> Known:
    """Take the variables of all hosts of an inventory, as they are without anything that a run registered.

    ``roles`` names the variables that roles define, with the files; ``code`` is the text of all templates of roles.
    """
    from ansible.vars.hostvars import HostVars
    from ansible.vars.manager import VariableManager

    manager = VariableManager(loader, inventory)
    hostvars = HostVars(inventory, manager, loader)
    known = Known()
    raw = {name: manager.get_vars(host=host, include_hostvars=False) for name, host in inventory.hosts.items()}
    ignored = _OF_THE_RUN | _STRUCTURE | CONTROLS | _places_unread(raw, code)
    for name, variables in sorted(raw.items()):
        reader = _Reader(name, {**variables, "hostvars": hostvars}, roles, loader)
        known.hosts[name] = {key: reader.take(key, variables[key]) for key in sorted(variables.keys() - ignored)}
        known.facts[name] = {key: reader.take(key, value) for key, value in sorted(_facts(variables).items())}
        known.fact_names |= reader.facts
        known.unknowable += reader.unknowable
    return known


def _facts(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {**variables.get("ansible_facts", {}), **variables.get("ansible_local", {})}


def _places_unread(raw: Mapping[str, Mapping[str, Any]], code: str) -> frozenset[str]:
    texts = [code, *{text for variables in raw.values() for text in _template_texts(variables)}]
    return frozenset(place for place in _PLACES if not any(place in text for text in texts))


def _template_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if templates.may_be_template(value):
            yield str(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _template_texts(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _template_texts(item)


class _Reader:
    """Turns one host's variables into plain values."""

    def __init__(
        self, host: str, variables: Mapping[str, Any], roles: Mapping[str, Sequence[Path]], loader: Any
    ) -> None:
        self.host = host
        self.names = frozenset(variables) - _OF_THE_RUN - CONTROLS | frozenset(roles) | _GIVEN
        self.facts: set[str] = set()
        self.unknowable: list[str] = []
        self._variables = variables
        self._roles = roles
        self._loader = loader

    def take(self, variable: str, value: Any) -> Any:
        """Return a value as plain data; what is wrong with it goes to `unknowable`."""
        from ansible.errors import AnsibleError
        from ansible.parsing.vault import EncryptedString

        if isinstance(value, str):
            return self._text(variable, value)
        if isinstance(value, Mapping):
            return {str(key): self.take(variable, item) for key, item in value.items()}
        if isinstance(value, EncryptedString):
            try:
                return str(value)
            except AnsibleError:
                self._refuse(variable, "is encrypted, and no vault password given opens it")
                return None
        if isinstance(value, Sequence | frozenset | set) and not isinstance(value, bytes):
            items = value if isinstance(value, Sequence) else sorted(value, key=repr)
            return [self.take(variable, item) for item in items]
        return value

    def _text(self, variable: str, value: str) -> Any:
        from ansible.template import is_trusted_as_template

        text = str(value)
        if not (templates.may_be_template(text) and is_trusted_as_template(value)):
            return text
        reading = templates.read(text)
        self.facts |= reading.facts
        strange = sorted(reading.names - self.names)
        if strange:
            self._refuse(variable, f"reads {', '.join(strange)}, which is known only during the run")
        elif reading.moving:
            return [Template(text), self._render(variable, value, reading)]
        return Template(text)

    def _render(self, variable: str, value: str, reading: templates.Reading) -> Any:
        from ansible.errors import AnsibleError

        try:
            return self.take(variable, self._templar(reading.names).template(value))
        except AnsibleError as error:
            why = " ".join(str(error).split()).rstrip(".")
            self._refuse(variable, f"{reading.moving[0]}, and its value cannot be known before the run: {why}")
            return None

    def _templar(self, names: Iterable[str]) -> Any:
        """Return what renders for this host; the roles' variables are read where one of these names is among them."""
        from ansible.template import Templar

        files = {path for paths in self._roles.values() for path in paths} if set(names) & self._roles.keys() else ()
        defaults: dict[str, Any] = {}
        for path in sorted(files):
            defaults |= self._loader.load_from_file(str(path), trusted_as_template=True) or {}
        return Templar(self._loader, variables={**defaults, **self._variables})

    def _refuse(self, variable: str, why: str) -> None:
        self.unknowable.append(f"{variable} of {self.host} {why}")
