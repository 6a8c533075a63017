"""Plain copies of Ansible's values."""

from __future__ import annotations

from typing import Any


def plain_copy(value: Any) -> Any:
    """Copy nested mappings and lists into plain ones.

    ``copy.deepcopy`` on a variable that Ansible hands to a filter copies its whole templating engine with each nested
    value: 16 s for this project's rules, against 10 ms here.
    """
    if isinstance(value, dict):
        return {key: plain_copy(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(entry) for entry in value]
    return value
