"""What the role keeps beside AIDE's database: how it was when that was made, and what the last look found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .. import host
from ..component import store
from ..errors import BongsuError
from .explain import Known, Then

COMPONENT = "file_integrity"
CONFIG = Path("/etc/aide/aide.conf")
DIRECTORY = Path(store.DEFAULT) / store.DATA / COMPONENT
DATABASE, FRESH = DIRECTORY / "aide.db", DIRECTORY / "aide.db.new"
RULES = DIRECTORY / "aide.conf"  # that the database was made by
_MADE, _SEEN = DIRECTORY / "made.json", DIRECTORY / "seen.json"


@dataclass(frozen=True)
class Made:
    """How and when the database was made.

    ``before`` is the digest of the one that it has followed, as rules changed, and ``explained`` what differed from
    that one for a reason: digest by path.
    """

    at: float
    then: Then
    before: str = ""
    explained: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A difference that nobody answers for; ``digest`` is of the state that it is in now, ``words`` how it differs.

    ``version`` is that of the package by which the path last was as packaged, since the database was made.
    """

    path: str
    kind: str
    digest: str
    words: str = ""
    version: str | None = None


@dataclass(frozen=True)
class Seen:
    """What the last look found, when, and every difference that is none, with the reason."""

    at: float
    findings: tuple[Finding, ...] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    waiting: bool = False  # the rules are new, and come into force once there is no finding

    @property
    def versions(self) -> dict[str, str]:
        """Return by path the version that its package had when it was last as packaged."""
        known = [(path, one.version) for path, one in self.known.items()]
        return {
            path: version for path, version in (*known, *((one.path, one.version) for one in self.findings)) if version
        }

    @property
    def accepted(self) -> dict[str, str]:
        """Return what the operator has accepted on this host: digest by path."""
        return {path: one.digest for path, one in self.known.items() if one.why.startswith(ACCEPTED)}


ACCEPTED = "accepted"  # how the reason begins


def made() -> Made | None:
    """Read how the database was made; None where there is none yet."""
    found = _read(_MADE) if DATABASE.exists() else None
    if found is None:
        return None
    with _shaped(_MADE):
        return Made(**{**found, "then": Then(**found["then"])})


def seen() -> Seen | None:
    """Read what the last look found; None where there was none yet."""
    found = _read(_SEEN)
    if found is None:
        return None
    with _shaped(_SEEN):
        return Seen(
            found["at"],
            tuple(Finding(**one) for one in found["findings"]),
            {path: Known(**one) for path, one in found["known"].items()},
            found["waiting"],
        )


def write(what: Made | Seen) -> None:
    """Write one of the two down."""
    path = _MADE if isinstance(what, Made) else _SEEN
    host.replace(str(path), (json.dumps(asdict(what), sort_keys=True, default=sorted) + "\n").encode(), mode=0o600)


def digest(path: Path) -> str:
    """Give the SHA-256 of a file; empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _broken(path) from error


@contextmanager
def _shaped(path: Path) -> Generator[None, None, None]:
    """Tell of a file that has something else in it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise _broken(path) from error


def _broken(path: Path) -> BongsuError:
    return BongsuError(
        f"{path} is not as it was written. If it was no fault of the disk's, find out who did that; "
        f"then remove {DIRECTORY} and run 'systemctl start aidecheck.service': what is on the disk then counts as right"
    )
