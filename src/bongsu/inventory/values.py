"""Hold each value to its spec, with Ansible's own validator, one key at a time so that the key can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bongsu.inventory.certificates import CERTIFICATE, KEY
from bongsu.inventory.formats import format_of
from bongsu.inventory.model import Unresolved
from bongsu.inventory.secrets import is_secret_name
from bongsu.inventory.words import one_of, short, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory, KeyPath, Problem
    from bongsu.inventory.schema import Spec

_TYPES = {
    "int": ("a whole number", "9100"),
    "float": ("a number", "0.9"),
    "bool": ("true or false", "true"),
    "list": ("a list", "items, each on a line that begins with '- '"),
    "dict": ("a mapping", "`key: value` lines, indented below it"),
    "str": ("a text", "one value, in quotes if it holds ': ' or begins with a bracket"),
}


def check_values(inventory: Inventory) -> Iterator[Problem]:
    """Check types, choices, suboptions and formats of every variable that has a spec."""
    known = inventory.schema.known
    for host in inventory.hosts.values():
        for variable, value in host.variables.items():
            if variable not in known:
                continue
            default = inventory.schema.defaults.get(variable)
            for path, message in _judge(known[variable], value, (variable,), default):
                yield inventory.problem(host, path, message)
        yield from _missing(inventory, host)


def _missing(inventory: Inventory, host: Host) -> Iterator[Problem]:
    """Report what a role that runs on the host requires and the inventory does not say."""
    for role, options in inventory.schema.roles.items():
        pattern = inventory.schema.role_hosts.get(role, "")
        if host.name not in inventory.groups.get(pattern, ()):
            continue
        for name, spec in options.items():
            if name in {CERTIFICATE, KEY} or name in host.variables or name in host.defaults:
                continue
            if spec.get("required"):
                file = "all/secrets.yml" if is_secret_name(name, spec) else f"{pattern}/main.yml"
                message = f"the role {role} needs it and it is not set; write it in this file (`bongsu init` makes all)"
                yield inventory.missing(name, file, message)


def _judge(spec: Spec, value: Any, path: KeyPath, default: Any = None) -> Iterator[tuple[KeyPath, str]]:
    """Yield (key path, message) for what is wrong with a value and everything below it."""
    if isinstance(value, Unresolved):
        return
    kind = str(spec.get("type", "str"))
    if value is None:
        if default is not None or spec.get("required"):
            yield path, "has no value; write one, or remove the line to have the default"
        return
    wrong = _wrong_type(kind, value) or _wrong_value(spec, value, path)
    if wrong:
        yield path, wrong
    elif kind == "list":
        element = {**spec, "type": spec.get("elements", "raw"), "elements": None, "default": None}
        for position, item in enumerate(value):
            yield from _judge(element, item, (*path, position))
    elif kind == "dict" and spec.get("options"):
        yield from _judge_options(spec["options"], value, path)


def _judge_options(options: dict[str, Spec], value: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    for name in value:
        if name not in options:
            cure = suggest(name, options) or f"known are {one_of(options)}"
            yield (*path, name), f"is not known here; {cure}"
    for name, spec in options.items():
        if name in value:
            yield from _judge(spec or {}, value[name], (*path, name), (spec or {}).get("default"))
        elif (spec or {}).get("required"):
            meaning = _first_sentence((spec or {}).get("description"))
            yield path, f"has no '{name}'{meaning}; add `{name}: …`"


def _wrong_type(kind: str, value: Any) -> str | None:
    """Find what the validator would convert silently though the role would get it as it is written."""
    given = "list" if isinstance(value, list) else "dict" if isinstance(value, dict) else "one value"
    if kind == given or kind == "raw" or (given == "one value" and kind not in {"list", "dict"}):
        return None
    what, how = _TYPES.get(kind, ("a text", "one value"))
    written = _TYPES[given][0] if given in _TYPES else f"'{short(value)}'"
    return f"is {written}, where {what} is wanted; write {how}"


def _wrong_value(spec: Spec, value: Any, path: KeyPath) -> str | None:
    """Ask Ansible's validator about a scalar's type and choices, then the table of formats."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible.module_utils.errors import ArgumentTypeError, ArgumentValueError

    kind = str(spec.get("type", "str"))
    if kind in {"list", "dict"}:
        return None
    bare = {key: spec[key] for key in ("type", "choices") if spec.get(key) is not None}
    for error in ArgumentSpecValidator({"value": bare}).validate({"value": value}).errors:
        if isinstance(error, ArgumentValueError):
            hint = suggest(str(value), map(str, spec["choices"]))
            choices = ", ".join(str(choice) for choice in spec["choices"])
            return f"'{short(value)}' is not one of: {choices}" + (f"; {hint}" if hint else "; write one of them")
        if isinstance(error, ArgumentTypeError):
            what, example = _TYPES.get(kind, (f"of type {kind}", "it so"))
            return f"is '{short(value)}', where {what} is wanted; write it as {example}"
        return str(error)
    if value == "" and (spec.get("default") or "") == "":
        return None  # an empty text is how a role is told "none"
    names = [part for part in path if isinstance(part, str)]
    form = format_of(names[-1], kind) if names else None
    return form.wrong(value) if form else None


def _first_sentence(description: object) -> str:
    text = description[0] if isinstance(description, list) and description else description
    first = str(text or "").split(". ")[0].strip().rstrip(".")
    return f" ({first})" if first else ""
