"""A path that is moved away, on its own file system and to another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible.module_utils.bongsu import host

SOME_USER = 12345


@pytest.fixture(params=["same", "another"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place to move to; one on another file system is refused by rename(2) from a path that is not beside it."""
    real = os.rename

    def rename(path: str, to: str) -> None:
        if Path(path).parent != Path(to).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(path, to)

    if request.param == "another":
        monkeypatch.setattr(os, "rename", rename)
    (tmp_path / "far").mkdir()
    return tmp_path / "far/kept"


def test_a_file_keeps_content_owner_mode_and_time(place: Path, tmp_path: Path):
    was = tmp_path / "was"
    was.write_text("theirs\n")
    was.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(was, SOME_USER, SOME_USER)
    before = was.stat()
    host.move(str(was), str(place))
    after = place.stat()
    assert not was.exists()
    assert place.read_text() == "theirs\n"
    assert [after.st_mode, after.st_uid, after.st_gid, after.st_mtime_ns] == [
        *(before.st_mode, before.st_uid, before.st_gid, before.st_mtime_ns)
    ]
    assert [path.name for path in place.parent.iterdir()] == ["kept"]


def test_a_link_stays_one(place: Path, tmp_path: Path):
    was = tmp_path / "was"
    was.symlink_to("/nowhere")
    host.move(str(was), str(place))
    assert (str(place.readlink()), was.is_symlink()) == ("/nowhere", False)


def test_what_cannot_be_written_there_stays_where_it_is(place: Path, tmp_path: Path):
    was = tmp_path / "was"
    was.write_text("theirs\n")
    place.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        host.move(str(was), str(place))
    assert was.read_text() == "theirs\n"
