"""Many files of one kind as entries of a component's ``files``."""

from __future__ import annotations

import re
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.yaml.dumper import AnsibleDumper

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")


def component_files(
    contents: dict[str, Any],
    directory: str,
    suffix: str = "",
    settings: dict[str, Any] | None = None,
    after: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Turn ``name -> content`` into entries of a component's ``files``, sorted by name.

    Text is written as it is (with a newline at its end); anything else is written as YAML. ``settings`` are the
    entry's other keys: group, mode, validate, on_change, secret. ``after`` are entries to put in front; adding two
    lists in a template instead would hide what is wrong with `contents`.
    """
    entries = [
        {**(settings or {}), "dest": f"{directory}/{_checked(name)}{suffix}", "content": _text(content)}
        for name, content in sorted((contents or {}).items())
    ]
    return [*(after or []), *entries]


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise AnsibleFilterError(f"'{name}' cannot name a file; use letters, digits, '_', '.' and '-'")
    return name


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content if content.endswith("\n") else content + "\n"
    body = yaml.dump(content, Dumper=AnsibleDumper, sort_keys=False, allow_unicode=True, width=110)
    return f"# Managed by bongsu; changes made here are overwritten.\n{body}"


class FilterModule:
    """The filters of this file, by the names that roles use."""

    def filters(self) -> dict[str, Any]:
        """Return name and function of each filter."""
        return {"component_files": component_files}
