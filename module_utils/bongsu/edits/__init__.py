"""Edits: what a component wants of a file that is not its own, as a change of whatever the file says. Pure.

An edit is a mapping of one kind to what it asks, in a playbook as in a manifest: ``{"settings": {…}}``. Each kind is a
module with three functions. ``check(wanted)`` says what is wrong with such a mapping (empty: nothing).
``apply(wanted, text)`` returns the text with the edit in it, and the very same text where it is in already.
``revert(wanted, text, original)`` takes it out of ``text``; ``original`` is the file before its first edit.

``{"nothing": {}}`` is for a file of which only the mode is wanted, and which is not made where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BongsuError
from . import fstab, pam, pam_saved, settings, sshd

NOTHING: Mapping[str, Any] = {"nothing": {}}
_KINDS: dict[str, Any] = {"fstab": fstab, "pam": pam, "pam_saved": pam_saved, "settings": settings, "sshd": sshd}


def check(edit: object) -> str:
    """Say what is wrong with an edit and its cure; empty where nothing is."""
    if edit == NOTHING:
        return ""
    if not isinstance(edit, Mapping) or len(edit) != 1 or not _KINDS.keys() & edit.keys():
        return f"is no edit; write one of {', '.join(sorted(_KINDS))}, nothing, and below it what is wanted"
    kind, wanted = next(iter(edit.items()))
    wrong = _KINDS[kind].check(wanted) if isinstance(wanted, Mapping) else "is not a mapping"
    return f"{kind}: {wrong}" if wrong else ""


def apply(edit: Mapping[str, Any], content: bytes, place: str) -> bytes:
    """Return a file's content with the edit in it; BongsuError names the ``place`` that cannot be edited."""
    if edit == NOTHING:
        return content
    kind, wanted = next(iter(edit.items()))
    result: str = _KINDS[kind].apply(wanted, _text(content, place), place)
    return result.encode()


def revert(edit: Mapping[str, Any], content: bytes, original: bytes, place: str) -> bytes:
    """Return the content without the edit; what others have changed since then stays."""
    if edit == NOTHING:
        return content
    kind, wanted = next(iter(edit.items()))
    before, now = _text(original, place), _text(content, place)
    try:
        untouched = _KINDS[kind].apply(wanted, before, place) == now
    except BongsuError:
        untouched = False
    result: str = before if untouched else _KINDS[kind].revert(wanted, now, before)
    return result.encode()


def is_in(edit: Mapping[str, Any], content: bytes, place: str) -> bool:
    """Tell whether a file has the edit in it."""
    try:
        return apply(edit, content, place) == content
    except BongsuError:
        return False


def _text(content: bytes, place: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BongsuError(f"{place} is not a text in UTF-8 and cannot be edited: {error}") from error
