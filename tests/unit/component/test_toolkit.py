"""What bongsu keeps on a host to look after itself comes before the first component, and goes with the last."""

import subprocess

import pytest
from ansible.module_utils.bongsu.component import toolkit
from managed_host import archive_for
from toolkit_here import PROGRAM, with_toolkit


@pytest.fixture
def own(host, monkeypatch):
    with_toolkit(host, monkeypatch)
    return host


def test_it_comes_with_the_first_component_and_is_silent_afterwards(own):
    own.converge(own.file(content="a\n"))
    assert (own.root / PROGRAM).stat().st_mode & 0o777 == 0o755
    assert (own.unit("bongsu-drift.timer")["active"], own.unit("bongsu-recover.service")["file"]) == (
        "active",
        "enabled",
    )
    manifest = own.manifest("bongsu")
    own.forget_calls()
    assert not own.converge(own.file(content="a\n"))["changed"]
    assert (own.manifest("bongsu"), own.calls()) == (manifest, [])


def test_it_goes_with_the_last_component(own):
    before = own.tree()
    own.converge(own.file(content="a\n"))
    own.converge(name="second", units=[])
    own.remove("second")
    assert (own.root / PROGRAM).exists()
    own.remove()
    assert own.tree() == before
    assert not (own.root / PROGRAM).parent.exists()
    assert not (own.root / "state").exists()
    assert not own.remove()["changed"]
    assert not (own.root / "state").exists()


def test_check_mode_brings_nothing(own):
    own.converge(own.file(content="a\n"), check=True)
    assert not (own.root / PROGRAM).parent.exists()


def test_a_removal_that_was_cut_off_before_the_toolkit_went_is_taken_up(own):
    own.converge(own.file(content="a\n"))
    (own.root / "state/components/daemon.json").unlink()  # as the last step before it leaves things
    assert own.remove()["changed"]
    assert not (own.root / PROGRAM).parent.exists()
    assert not own.remove()["changed"]


def test_equal_code_gives_an_equal_program_that_runs(own):
    assert toolkit.archive.__wrapped__() == toolkit.archive.__wrapped__()
    program = own.root / "tool"
    program.write_bytes(archive_for(own.root))
    told = subprocess.run(["/usr/bin/python3", "-I", program, "--version"], capture_output=True, text=True, check=True)
    assert "bongsu host tool" in told.stdout
