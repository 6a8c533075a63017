"""Filters on paths of files that are watched."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

_PATH = re.compile(r"(/[^/\s]+)+\Z")


def aide_path(path: object, variable: str) -> str:
    """Return a path as AIDE's rules have it, which are regular expressions; AnsibleFilterError where it is none."""
    text = str(path).rstrip("/")
    if not _PATH.match(text) or any(part in (".", "..") for part in text.split("/")):
        raise AnsibleFilterError(
            f"{variable}: '{path}' cannot be; write an absolute path without white space: /opt/shop"
        )
    return "".join(letter if letter.isalnum() or letter in "/_-" else f"\\{letter}" for letter in text)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {"aide_path": aide_path}
