"""The hard limits that a session gets, by asking for one: whatever files and modules PAM has, that is what counts."""

from __future__ import annotations

from collections.abc import Collection

from .. import host
from ..controls import Found, words

# A session of nobody's, by way of PAM; root's own limits would say nothing, since they are set apart.
_COMMAND = (
    *("runuser", "nobody", "--shell=/bin/sh", "--command"),
    "prlimit --raw --noheadings --output=RESOURCE,HARD",
)
_SECONDS = 20.0  # PAM waits for whoever is to log the session; where that is stopped for good, it waits for good


def look(_names: Collection[str]) -> Found:
    """Open a session, and have it tell its limits."""
    return read(host.ask(_COMMAND, timeout=_SECONDS))


def read(text: str) -> Found:
    """Read what ``prlimit`` prints: a resource and its hard limit in each line."""
    rows = (line.partition(" ") for line in text.splitlines())
    return {name.lower(): words(value) for name, _, value in rows if value.strip()}
