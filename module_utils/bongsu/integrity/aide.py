"""What AIDE writes: its report, and its database. Pure: bytes and text in, values out."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BongsuError

KINDS = ("added", "changed", "removed")
_SPEC = "@@db_spec "
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
# What makes two entries of the database the same file: not where on the disk it lies.
_FIELDS = ("lname", "perm", "uid", "gid", "acl", "sha512", "xattrs")
_NONE = "0"  # an attribute that an entry has not


@dataclass(frozen=True)
class State:
    """One entry of a database, each field as AIDE writes it; ``perm`` is octal, with the kind of file in it."""

    lname: str
    perm: str
    uid: str
    gid: str
    acl: str
    sha512: str
    xattrs: str

    @property
    def digest(self) -> str:
        """Give one value that differs where anything that counts does."""
        return hashlib.sha256("\0".join(getattr(self, name) for name in _FIELDS).encode()).hexdigest()

    @property
    def kind(self) -> str:
        """Say whether it is a file, a directory, a link, or something else."""
        return {0o100000: "file", 0o040000: "directory", 0o120000: "link"}.get(int(self.perm, 8) & 0o170000, "other")

    @property
    def target(self) -> str:
        """Return what a link leads to."""
        return _unescape(self.lname)


@dataclass(frozen=True)
class Difference:
    """A path that is not as in the database, its state (of old where it is gone), and how: ``perm: old, now new``."""

    path: str
    kind: str
    attributes: frozenset[str]
    state: State
    words: str = ""

    @property
    def digest(self) -> str:
        """Give one value for what is there now."""
        return "" if self.kind == "removed" else self.state.digest


def read_report(text: str, then: bytes, now: bytes) -> list[Difference]:
    """Read AIDE's report in JSON; ``then`` and ``now`` are the databases compared, as they are on the disk."""
    try:
        report: dict[str, Any] = json.loads(text[text.index("{") :])
        found = {kind: report.get(kind, {}) for kind in KINDS}
        paths = {path for listed in found.values() for path in listed}
    except (ValueError, TypeError, AttributeError) as error:
        raise BongsuError(f"aide: {text.strip()[-500:] or 'it said nothing'}") from error
    before, after = read_database(then, found["removed"]), read_database(now, paths)
    details = report.get("details", {})
    try:
        return [
            Difference(
                path,
                kind,
                frozenset(details.get(path, {})),
                (before if kind == "removed" else after)[path],
                _words(details.get(path, {})),
            )
            for kind, listed in found.items()
            for path in sorted(listed)
        ]
    except KeyError as error:
        raise BongsuError(f"aide reports {error.args[0]}, and its database does not have it") from error


def read_database(packed: bytes, wanted: Collection[str] | None = None) -> dict[str, State]:
    """Read the entries of a database, compressed or not: of the paths ``wanted``, or of all."""
    return {path: state for path, state in _entries(packed) if wanted is None or path in wanted}


def _entries(packed: bytes) -> Iterator[tuple[str, State]]:
    try:
        text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    except (OSError, EOFError) as error:
        raise BongsuError(f"AIDE's database cannot be unpacked: {error}") from error
    places: dict[str, int] = {}
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        if line.startswith(_SPEC):
            places = {name: place for place, name in enumerate(line[len(_SPEC) :].split())}
        elif line.startswith("/"):
            fields = line.split(" ")
            if not places or len(fields) < len(places):
                raise BongsuError("AIDE's database has lines that do not say what is in them")
            values = {name: fields[places[name]] if name in places else _NONE for name in _FIELDS}
            yield _unescape(fields[places["name"]]), State(**values)


def _unescape(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), raw).decode("utf-8", "surrogateescape")


def _words(details: Mapping[str, Any]) -> str:
    """Say how a file differs, in AIDE's words; of its content only that it does."""
    told = []
    for name, value in sorted(details.items()):
        if name in ("sha512", "size", "bcount", "inode"):
            continue
        old, new = (str(value.get(key, "")) for key in ("old", "new"))
        told.append(f"{name} was {old}, is {new}" if len(old + new) < 80 else name)
    return "; ".join((["content"] if "sha512" in details else []) + told)
