"""What a power cut would leave: the journal is on the disk before anything changes, and goes when all else is there."""

import pytest
from flushing import exposed, recorder

SICK = {"health": [{"command": {"argv": ["false"]}}], "deadline": 0.1}


@pytest.fixture
def cut(host, tmp_path_factory):
    """Do something, and list what a power cut could have lost."""
    notes = tmp_path_factory.mktemp("notes") / "notes"

    def cut(act, *args, **values):
        result = act(*args, before=recorder(notes), **values)
        return result, exposed(notes, host.root / "state", [host.root / "etc", host.root / "usr"])

    return cut


@pytest.fixture
def files(host):
    """One of each kind of change: replaced, adjusted, made, removed, in a directory that is made."""
    etc = host.root / "etc"
    host.config.write_text("of the host\n")
    (etc / "adjusted").write_text("kept\n")
    (etc / "gone").write_text("of the host\n")
    return (
        host.file(content="ours\n"),
        host.file(etc / "adjusted", content="kept\n", mode="0600"),
        host.file(etc / "made", state="directory"),
        host.file(etc / "made/file", content="ours\n"),
        host.file(etc / "gone", state="absent"),
    )


def test_a_run_that_ends_well(host, cut, files):
    result, lost = cut(host.converge, *files)
    assert result["changed"]
    assert lost == []


def test_a_run_that_undoes_itself(host, cut, files):
    result, lost = cut(host.converge, *files, **SICK)
    assert result["rolled_back"]
    assert lost == []


def test_a_run_that_brings_packages(host, cut, files):
    host.apt(available={"daemon": {"1.0": {"units": ["daemon.service"]}}})
    for more in (SICK, {}):
        _, lost = cut(host.converge, *files, packages=["daemon"], **more)
        assert lost == []


def test_a_removal(host, cut, files):
    host.converge(*files)
    result, lost = cut(host.remove)
    assert result["changed"]
    assert lost == []


def test_a_link_and_what_is_moved_away(host, cut, files):
    etc = host.root / "etc"
    (etc / "link").symlink_to("/nowhere")
    wanted = (*files, host.file(etc / "link", state="absent"))
    assert cut(host.converge, *wanted)[1] == []
    host.config.unlink()
    host.config.mkdir()
    result, lost = cut(host.converge, *wanted)
    assert result["changed"]
    assert lost == []
    assert cut(host.remove)[1] == []
