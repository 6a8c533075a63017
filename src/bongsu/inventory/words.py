"""Did you mean: near misses of known names, and lists of them for a message."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Seven of eight letters right: `moniters` is `monitors`, `monitored` is a name of its own.
NEAR = 0.85


def words(text: str) -> frozenset[str]:
    """Return the words of a text: a set of names, written to be read."""
    return frozenset(text.split())


def near(word: str, known: Iterable[str], cutoff: float = NEAR) -> str | None:
    """Return the known name that the word is most likely a misspelling of, if there is one."""
    plain = {_plain(name): name for name in known}
    close = difflib.get_close_matches(_plain(word), list(plain), n=1, cutoff=cutoff)
    return plain[close[0]] if close else None


def suggest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return `did you mean 'x'?` or an empty string; a low cutoff, for a word that is surely wrong."""
    found = near(str(word), known, cutoff)
    return f"did you mean '{found}'?" if found else ""


def one_of(known: Iterable[str], limit: int = 12) -> str:
    """List the names that may be written, sorted, cut after `limit`."""
    names = sorted(known)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more if names else "(there are none)"


def short(value: object, limit: int = 60) -> str:
    """Return a value for a message: one line, cut where it is long."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else f"{text[:limit]}…"


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_")
