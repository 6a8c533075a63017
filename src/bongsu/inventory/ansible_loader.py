"""Ask Ansible itself for the merged inventory: hosts, groups and each host's variables, templates resolved.

The import of Ansible is left to the moment of use: it takes half a second that other commands need not pay.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.inventory.model import Host, Inventory, Problem, Unresolved
from bongsu.inventory.sources import is_host_list, shown
from bongsu.inventory.words import words
from bongsu.paths import project_root

if TYPE_CHECKING:
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader

    from bongsu.inventory.definitions import Definitions
    from bongsu.inventory.schema import Schema

# What Ansible adds to every host's variables by itself.
_MAGIC = words(
    "hostvars groups group_names omit playbook_dir inventory_dir inventory_file inventory_hostname "
    "inventory_hostname_short ansible_facts ansible_local ansible_version ansible_playbook_python ansible_config_file"
)


def new_loader(vault_password_file: Path | None) -> tuple[DataLoader, list[Problem]]:
    """Make a loader that can decrypt with the file's password, or the one that the environment names."""
    from ansible.constants import config
    from ansible.errors import AnsibleError
    from ansible.parsing.dataloader import DataLoader
    from ansible.parsing.vault import VaultSecretsContext, get_file_vault_secret

    _prepare_plugins()
    loader = DataLoader()
    secrets: list[tuple[str, Any]] = []
    problems: list[Problem] = []
    configured = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE") or config.get_config_value("DEFAULT_VAULT_PASSWORD_FILE")
    chosen = vault_password_file or (Path(configured) if configured else None)
    if chosen is not None:
        try:
            secret = get_file_vault_secret(str(chosen.expanduser().absolute()), loader=loader)
            secret.load()
            secrets.append(("default", secret))
        except AnsibleError as error:
            cure = "name the file that holds the vault password (`bongsu init` makes one)"
            problems.append(Problem(shown(chosen), "", f"{_text(error)}; {cure}"))
    loader.set_vault_secrets(secrets)
    current = VaultSecretsContext.current(optional=True)
    if current is None:
        VaultSecretsContext.initialize(VaultSecretsContext(secrets))
    else:  # `!vault` values are opened by this process-wide context, whichever loader read them
        current.secrets = secrets
    return loader, problems


def load(sources: Sequence[Path], loader: DataLoader, definitions: Definitions, schema: Schema) -> Inventory | Problem:
    """Merge the sources; a Problem when Ansible refuses them."""
    from ansible.errors import AnsibleError
    from ansible.inventory.manager import InventoryManager
    from ansible.vars.hostvars import HostVars
    from ansible.vars.manager import VariableManager

    try:
        named = [str(source if is_host_list(source) else source.absolute()) for source in sources]
        manager = InventoryManager(loader, sources=named)
        variables = VariableManager(loader, manager)
        HostVars(manager, variables, loader)  # makes `hostvars` known to the variables
        defaults = _trusted(schema.defaults)
        literal = {name: _literal(value) for name, value in schema.defaults.items()}
        hosts = {
            host.name: Host(
                host.name,
                _groups_of(host),
                _resolve_all(variables.get_vars(host=host), defaults, loader),
                literal,
            )
            for host in manager.get_hosts()
        }
    except AnsibleError as error:
        return Problem(shown(sources[0]), "", f"Ansible cannot read this inventory: {_text(error)}")
    folder = sources[0] if sources[0].is_dir() else sources[0].parent
    names = tuple(shown(source) for source in sources)
    return Inventory(hosts, _hosts_by_group(manager, hosts), names, shown(folder), definitions, schema)


def _prepare_plugins() -> None:
    """Load Ansible's plugins once a process, the project's filters among them; an Ansible run already has."""
    from ansible.plugins.loader import filter_loader, init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig

    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([])
    filters = project_root() / "plugins" / "filter"
    if filters.is_dir():
        filter_loader.add_directory(str(filters))
    vars_plugin: Any = sys.modules.get("ansible.plugins.vars.host_group_vars")
    if vars_plugin is not None:  # it remembers which files existed; an earlier check may have seen others
        vars_plugin.FOUND.clear()
        vars_plugin.NAK.clear()


def _groups_of(host: Any) -> tuple[str, ...]:
    """Return the host's groups in Ansible's order of precedence, `all` first."""
    from ansible.inventory.helpers import sort_groups

    return tuple(group.name for group in sort_groups(host.get_groups()))


def _hosts_by_group(manager: InventoryManager, hosts: Mapping[str, Host]) -> dict[str, tuple[str, ...]]:
    groups = {
        name: tuple(h.name for h in group.get_hosts() if h.name in hosts) for name, group in manager.groups.items()
    }
    return {**groups, "all": tuple(hosts)}


def _resolve_all(raw: Mapping[str, Any], defaults: Mapping[str, Any], loader: DataLoader) -> dict[str, Any]:
    """Resolve the templates of a host's variables, without lookups: those may run commands or open connections."""
    from ansible.template import Templar

    available = {**defaults, **raw, "lookup": _no_lookup, "query": _no_lookup, "q": _no_lookup}
    templar = Templar(loader, variables=available)
    return {name: _resolve(value, templar) for name, value in raw.items() if name not in _MAGIC}


def _literal(value: Any) -> Any:
    """Leave a role's default that is made of others alone: no check needs it, and resolving all takes a while."""
    return Unresolved("a default made of others") if "{{" in str(value) else value


def _trusted(value: Any) -> Any:
    """Mark role defaults as the project's own, so that Ansible resolves their templates."""
    from ansible.template import trust_as_template

    if isinstance(value, dict):
        return {key: _trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    return trust_as_template(value) if isinstance(value, str) else value


def _resolve(value: Any, templar: Any) -> Any:
    """Return plain Python values; what cannot be known before the run becomes Unresolved, leaf by leaf."""
    from ansible.errors import AnsibleError, AnsibleTemplateSyntaxError

    if isinstance(value, Mapping):
        return {str(key): _resolve(item, templar) for key, item in value.items()}
    if isinstance(value, str):
        try:
            result = templar.template(value)
        except AnsibleError as error:
            return Unresolved(_text(error), certain=isinstance(error, AnsibleTemplateSyntaxError))
        return str(result) if isinstance(result, str) else _plain(result)
    if isinstance(value, Sequence):
        return [_resolve(item, templar) for item in value]
    return _resolve_other(value)


def _resolve_other(value: Any) -> Any:
    """Decrypt a `!vault` value; anything else is a number, a date, a truth value or nothing."""
    from ansible.errors import AnsibleError
    from ansible.parsing.vault import EncryptedString

    if not isinstance(value, EncryptedString):
        return value
    try:
        return str(value)
    except AnsibleError:
        return Unresolved("is encrypted, and the vault password given does not open it", certain=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value


def _no_lookup(*_args: object, **_options: object) -> None:
    raise LookupError("lookups are not run by the inventory check")


def _text(error: Exception) -> str:
    """Return Ansible's message on one line."""
    return " ".join(str(error).split()).rstrip(".")
