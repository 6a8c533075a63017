"""Something else in the place of a file of ours: it is put right, and nothing of anybody's is lost."""

import os
import stat

import pytest


@pytest.fixture
def placed(host):
    host.wanted = (
        host.file(host.root / "etc/dir", state="directory"),
        host.file(host.root / "etc/dir/file", content="a\n"),
        host.file(content="a\n"),
    )
    host.converge(*host.wanted)
    host.before = host.tree()
    return host


def displaced(host):
    """What was moved away, by its old path."""
    return {
        "/" + str(path.relative_to(top)): path
        for top in (host.root / "state/displaced").glob("*")
        for path in sorted(top.rglob("*"))
    }


def put_a_link(path):
    path.symlink_to("/dev/null")


def put_a_directory(path):
    path.mkdir(mode=0o711)
    (path / "theirs").write_text("theirs\n")


KINDS = {"a link": put_a_link, "a directory": put_a_directory, "a pipe": os.mkfifo}


@pytest.mark.parametrize("put", KINDS.values(), ids=KINDS)
def test_it_is_replaced_by_the_file(placed, put):
    placed.config.unlink()
    put(placed.config)
    assert f"replaced {placed.config}" in placed.converge(*placed.wanted)["actions"]
    assert placed.tree() == placed.before
    assert not placed.converge(*placed.wanted)["changed"]


def test_a_directory_and_a_pipe_are_kept_where_nothing_reads_them(placed):
    other = placed.root / "etc/dir/file"
    for path in (placed.config, other):
        path.unlink()
    put_a_directory(placed.config)
    os.mkfifo(other)
    placed.converge(*placed.wanted)
    kept = displaced(placed)
    assert (kept[f"{placed.config}/theirs"]).read_text() == "theirs\n"
    assert stat.S_ISFIFO(kept[str(other)].lstat().st_mode)
    assert (placed.root / "state/displaced").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("put", KINDS.values(), ids=KINDS)
def test_a_run_that_fails_puts_it_back(placed, put):
    placed.config.unlink()
    put(placed.config)
    before = placed.tree()
    result = placed.converge(*placed.wanted, validate=[["false"]])
    assert result["rolled_back"]
    assert placed.tree() == before
    assert displaced(placed) == {} or not any(path.is_file() for path in displaced(placed).values())


@pytest.mark.parametrize("put", [put_a_link, os.mkfifo, lambda path: path.write_text("theirs\n")])
def test_a_directory_of_ours_is_put_right_too(placed, put):
    directory = placed.root / "etc/dir"
    (directory / "file").unlink()
    directory.rmdir()
    put(directory)
    before = placed.tree()
    assert placed.converge(*placed.wanted, validate=[["false"]])["rolled_back"]
    assert placed.tree() == before
    assert placed.converge(*placed.wanted)["changed"]
    assert placed.tree() == placed.before


def test_a_pipe_where_nothing_is_wanted_is_moved_away_and_comes_back(host):
    os.mkfifo(host.config)
    gone = host.file(state="absent")
    assert host.converge(gone, validate=[["false"]])["rolled_back"]
    assert stat.S_ISFIFO(host.config.lstat().st_mode)
    assert f"removed {host.config}" in host.converge(gone)["actions"]
    assert stat.S_ISFIFO(displaced(host)[str(host.config)].lstat().st_mode)


def test_two_things_moved_away_at_once_do_not_meet(placed):
    other = placed.root / "etc/dir-file"  # with '/' for '-', it is the name of another
    placed.converge(*placed.wanted, placed.file(other, content="a\n"))
    for path, text in ((other, "one"), (placed.root / "etc/dir/file", "two")):
        path.unlink()
        path.mkdir()
        (path / "theirs").write_text(text)
    placed.converge(*placed.wanted, placed.file(other, content="a\n"))
    kept = displaced(placed)
    assert {kept[f"{placed.root}/etc/{name}/theirs"].read_text() for name in ("dir-file", "dir/file")} == {"one", "two"}


def test_what_was_moved_away_survives_the_removal_of_the_last_component(placed):
    placed.config.unlink()
    put_a_directory(placed.config)
    placed.converge(*placed.wanted)
    placed.remove()
    assert displaced(placed)[f"{placed.config}/theirs"].read_text() == "theirs\n"
    assert [path.name for path in (placed.root / "state").iterdir()] == ["displaced"]


def test_what_cannot_be_copied_stays_on_its_own_file_system(placed, monkeypatch):
    real = os.stat

    def state_is_elsewhere(path, **how):
        found = real(path, **how)
        return os.stat_result((*found[:2], -1, *found[3:10])) if str(path).endswith("/state") else found

    monkeypatch.setattr(os, "stat", state_is_elsewhere)
    placed.config.unlink()
    put_a_directory(placed.config)
    placed.converge(*placed.wanted)
    kept = [path for path in (placed.root / "etc").iterdir() if path.name.startswith(".daemon.conf.displaced-")]
    assert [(path / "theirs").read_text() for path in kept] == ["theirs\n"]
