"""One digest for one value: what variables may hold, written so that different values never give the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any


class Template(str):
    """A text that Ansible renders when it is used; the same text as plain data is another value."""

    __slots__ = ()


def digest(value: Any) -> str:
    """Return the SHA-256 of a value of nothing, truth, numbers, dates, text, templates, lists and mappings.

    The order of a mapping counts: a template may show it. Raises TypeError for anything else.
    """
    hasher = hashlib.sha256()
    for part in _parts(value):
        hasher.update(part)
    return hasher.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        yield f"{'t' if isinstance(value, Template) else 's'}{len(text)}:".encode() + text
    elif isinstance(value, Mapping):
        yield f"d{len(value)}:".encode()
        for key, item in value.items():
            yield from _parts(key)
            yield from _parts(item)
    elif isinstance(value, list | tuple):
        yield f"l{len(value)}:".encode()
        for item in value:
            yield from _parts(item)
    elif value is None or isinstance(value, bool | int | float | dt.date | dt.time):
        text = f"{_kind(value)} {value!r}".encode()
        yield f"o{len(text)}:".encode() + text
    else:
        raise TypeError(f"a {type(value).__name__} has no digest")


def _kind(value: object) -> str:
    """Return the name of the plain type: Ansible wraps each in a type of its own, which changes nothing."""
    kinds = (bool, int, float, dt.datetime, dt.date, dt.time)
    return next((kind.__name__ for kind in kinds if isinstance(value, kind)), "none")
