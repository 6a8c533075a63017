"""Secrets that stand in a file anyone with the repository can read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from bongsu.inventory.model import Problem, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory, KeyPath
    from bongsu.inventory.schema import Spec

# Keys of Alertmanager's and the exporters' own schemas that hold a secret; `…_file` ones name a file instead.
_SECRET_KEY = re.compile(
    r"(^|_)(password|pass|secret|token|credentials|bearer|routing_key|service_key|api_key|user_key|auth_key|secret_key)$"
    r"|^ca_key$|_ca_key$"
)
_SECRET_QUERY = re.compile(r"token|secret|password|passwd|signature|^sig$|^key$|api_?key", re.IGNORECASE)
# Chat services whose address alone lets anybody post.
_SECRET_ADDRESS = re.compile(
    r"^https://(hooks\.slack\.com/services|discord(app)?\.com/api/webhooks|[^/]*\.webhook\.office\.com"
    r"|api\.telegram\.org/bot|chat\.googleapis\.com/v1/spaces)"
)
_NESTED = ("alertmanager_receivers", "alertmanager_global", "blackbox_exporter_modules", "prometheus_remote_write")
_ALL_SECRET = ("alertmanager_secret_files",)


def check_secrets(inventory: Inventory) -> Iterator[Problem]:
    """Report secrets written in a file, or a value, that ansible-vault did not encrypt."""
    for host in inventory.hosts.values():
        for variable, value in host.variables.items():
            for path in _secrets_in(variable, value, inventory):
                yield from _plain(inventory, host, path)


def _secrets_in(variable: str, value: Any, inventory: Inventory) -> Iterator[KeyPath]:
    """Yield the paths of a variable that hold a secret."""
    spec = inventory.schema.known.get(variable)
    if spec is None:
        return
    if variable in _ALL_SECRET and isinstance(value, dict):
        yield from ((variable, key) for key in value)
    elif variable in _NESTED:
        yield from _nested(value, (variable,))
    elif is_secret_name(variable, spec) and isinstance(value, str) and value:
        yield (variable,)


def _nested(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _nested(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _nested(item, (*path, position))
    elif isinstance(value, str) and value and (_SECRET_KEY.search(str(path[-1])) or is_secret_url(value)):
        yield path


def is_secret_name(variable: str, spec: Spec) -> bool:
    """Say whether a variable holds a secret: its spec says no_log, or its name ends as secrets do."""
    return bool(spec.get("no_log") or _SECRET_KEY.search(variable))


def is_secret_url(text: str) -> bool:
    """Say whether a URL lets whoever reads it in: a password or token in it, or a chat service's hook."""
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    query = parse_qsl(parts.query)
    return bool(password or _SECRET_ADDRESS.search(text) or any(_SECRET_QUERY.search(key) for key, _ in query))


def _plain(inventory: Inventory, host: Host, path: KeyPath) -> Iterator[Problem]:
    found = inventory.definitions.literal(host, path)
    if found is None:
        return
    definition, node = found
    if definition.encrypted or node.tag == "!vault" or "{{" in node.value or not node.value.strip():
        return
    line = node.start_mark.line + 1
    key = definition.prefix + definition.variable
    message = "a secret in a file that is not encrypted; "
    if definition.variable == path[0] and len(path) > 1:
        key = definition.prefix + render(path)
        message += "put it under a name of its own into group_vars/all/secrets.yml (ansible-vault edit), "
        message += 'and write "{{ that_name }}" here'
    else:
        message += "move it to group_vars/all/secrets.yml (ansible-vault edit), or encrypt this file"
    yield Problem(definition.file, key, message, line)


def check_secret_files(inventory: Inventory) -> Iterator[Problem]:
    """Report receivers that read a secret from a file nobody puts there."""
    for host in inventory.in_group("monitors"):
        files = host.variables.get("alertmanager_secret_files") or {}
        if not isinstance(files, dict):
            continue
        for variable in ("alertmanager_receivers", "alertmanager_global"):
            for path, value in _files_in(host.get(variable), (variable,)):
                folder, _, name = value.rpartition("/")
                if folder == "/etc/prometheus/alertmanager_secrets" and name not in files:
                    message = f"nothing puts {value} there; add '{name}' to alertmanager_secret_files"
                    yield inventory.problem(host, path, message)


def _files_in(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _files_in(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _files_in(item, (*path, position))
    elif isinstance(value, str) and str(path[-1]).endswith("_file"):
        yield path, value
