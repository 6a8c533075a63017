"""What the kernel has in bongsu's table of nftables, whatever file says it.

A chain with a hook is a setting by its name, with its policy; a rule with a comment one by its comment, with its limit
and its verdict. ``rules`` is ``as-placed`` where the whole table is what /etc/nftables.conf makes of an empty kernel.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import host
from ..controls import Found, Unavailable
from ..errors import BongsuError

CONFIGURATION = "/etc/nftables.conf"
PROGRAM = "/usr/sbin/nft"
# What the configuration makes, found out once: trying it takes longer than everything else here. Gone with a boot.
MADE = "/run/bongsu/nftables.made"
RULES, AS_PLACED = "rules", "as-placed"
_TABLE = ("table", "inet", "bongsu")
_LIST = (PROGRAM, "--json", "list", *_TABLE)
# In a network of its own, which is empty and ends with the command: what the file makes there is what should be here.
_TRY = (
    *("unshare", "--net", "/bin/sh", "-c"),
    f'{PROGRAM} --file "$0" && exec "$@"',
    *(CONFIGURATION, *_LIST),
)
_VERDICTS = ("accept", "drop", "reject")
_OF_THE_MOMENT = frozenset({"handle", "packets", "bytes", "index"})


def look(names: Collection[str]) -> Found:
    """Ask the kernel; where our table is not in it, nothing is set."""
    text = table()
    if text is None:
        return {}
    found: dict[str, list[str] | Unavailable] = {**read(text)}
    if RULES in names:
        found[RULES] = compare(text)
    return found


def table() -> str | None:
    """Return the table as JSON; None where there is none. BongsuError where the kernel cannot be asked."""
    output = host.run(_LIST)
    if output.status == 0:
        return output.text
    if output.status != 127 and "No such file or directory" in output.text:  # 127: there is no nft
        return None
    raise BongsuError(f"{' '.join(_LIST)}: {output.text}")


def compare(text: str) -> list[str] | Unavailable:
    """Say whether the table is what the configuration makes, or why that cannot be found out here."""
    has, source = _digest(text), _source()
    with suppress(OSError):
        if Path(MADE).read_text(encoding="ascii") == f"{source} {has}\n":
            return [AS_PLACED]
    tried = host.run(_TRY)
    if tried.status != 0 and "unshare:" in tried.text:
        return Unavailable(f"cannot be compared here: {tried.text}")
    if tried.status != 0:
        raise BongsuError(f"{CONFIGURATION} is refused: {tried.text}")
    if has != _digest(tried.text):
        return ["changed"]
    with suppress(OSError):
        os.makedirs(os.path.dirname(MADE), mode=0o700, exist_ok=True)  # it goes with each boot
        host.replace(MADE, f"{source} {has}\n".encode(), mode=0o600)
    return [AS_PLACED]


def _digest(text: str) -> str:
    return hashlib.sha256(json.dumps(shape(text), sort_keys=True).encode()).hexdigest()


def _source() -> str:
    """Name what decides how the table is made and printed: the configuration, and the program that reads it."""
    try:
        return f"{hashlib.sha256(Path(CONFIGURATION).read_bytes()).hexdigest()} {Path(PROGRAM).stat().st_mtime_ns}"
    except OSError as error:
        raise BongsuError(f"{error.filename}: {error.strerror}") from error


def read(text: str) -> dict[str, list[str]]:
    """Read what ``nft --json list table`` prints."""
    found: dict[str, list[str]] = {}
    for kind, entry in _entries(text):
        if kind == "chain" and "policy" in entry:
            found[entry["name"]] = [entry["policy"]]
        elif kind == "rule" and "comment" in entry:
            found.setdefault(entry["comment"], []).extend(_words(entry["expr"]))
    return found


def counters(text: str) -> dict[str, int]:
    """Read the packets of each named counter."""
    return {entry["name"]: int(entry.get("packets", 0)) for kind, entry in _entries(text) if kind == "counter"}


def shape(text: str) -> list[Any]:
    """Reduce a table to what its author decided: no handles, no figures, nothing that packets have put into a set."""
    return [
        [kind, {key: value for key, value in _still(entry).items() if not (key == "elem" and "timeout" in entry)}]
        for kind, entry in _entries(text)
    ]


def _entries(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        listed = json.loads(text)["nftables"]
    except (ValueError, KeyError, TypeError):
        raise BongsuError(f"nft printed no JSON: {text[:200]}") from None
    for one in listed:
        for kind, entry in one.items():
            if kind != "metainfo":
                yield kind, entry


def _still(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _still(one) for key, one in value.items() if key not in _OF_THE_MOMENT}
    return [_still(one) for one in value] if isinstance(value, list) else value


def _words(statements: list[dict[str, Any]]) -> list[str]:
    """Return a rule's limits and its verdict."""
    words = []
    for statement in statements:
        inner = statement.get("set", {}).get("stmt", []) if isinstance(statement.get("set"), dict) else []
        words += [f"{one['limit']['rate']}/{one['limit']['per']}" for one in (statement, *inner) if _is_limit(one)]
        words += [verdict for verdict in _VERDICTS if verdict in statement]
    return words


def _is_limit(statement: dict[str, Any]) -> bool:
    return isinstance(statement.get("limit"), dict)
