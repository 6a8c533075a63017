"""Replace a file of the operator's so that a crash leaves the old one or the new one, never half of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def staged(file: Path) -> Path:
    """Return the new file's name until it takes the old one's place; Ansible reads no such file."""
    return file.with_name(f".{file.name}.bongsu-new")


def stage(file: Path, text: str) -> None:
    """Write the text beside the file; owner and mode are the old file's, of a new one the usual ones."""
    target = staged(file)
    target.unlink(missing_ok=True)
    like = file.stat() if file.exists() else None
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if like else 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        if like:
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(handle, like.st_uid, like.st_gid)
            os.fchmod(handle, like.st_mode & 0o7777)
        os.fsync(handle)


def swap(file: Path) -> None:
    """Let the staged file take the file's place."""
    staged(file).replace(file)
    directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def replace(file: Path, text: str) -> None:
    """Stage and swap."""
    stage(file, text)
    swap(file)
