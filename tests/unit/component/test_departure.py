"""`remove_components` takes everything away, the last converged first, and goes on where it was stopped."""

import pytest
from module_runner import run_module

from bongsu import hostside  # noqa: F401  # makes the project's module_utils importable

from ansible.module_utils.bongsu import departure  # isort: skip
from ansible.module_utils.bongsu.component import lease  # isort: skip
from ansible.module_utils.bongsu.component.store import Store  # isort: skip


@pytest.fixture
def full(host):
    """A host with three components; the first one was touched again last."""
    etc = host.root / "etc"
    host.before = host.tree()
    host.converge(host.file(etc / "first", content="1\n"), name="first", units=[])
    host.converge(host.file(content="2\n"), name="second")
    host.converge(host.file(etc / "third", content="3\n"), name="third", units=[])
    host.converge(host.file(etc / "first", content="one\n"), name="first", units=[])
    return host


def leave(host, **options):
    return run_module("remove_components", {"state_directory": str(host.root / "state")}, env=host.env, **options)


def test_what_was_converged_last_goes_first_and_the_toolkit_with_the_last():
    manifests = {"a": {"converged_at": 1.0}, "bongsu": {"converged_at": 9.0}, "b": {"converged_at": 2.0}, "c": {}}
    assert departure.order(manifests) == ["b", "a", "c"]
    assert departure.order({"bongsu": {"converged_at": 9.0}}) == ["bongsu"]


def test_everything_goes(full):
    result = leave(full)
    assert (result["changed"], result["components"]) == (True, ["first", "third", "second"])
    assert f"third: removed {full.root}/etc/third" in result["actions"]
    assert full.tree() == full.before
    assert not (full.root / "state").exists()


def test_a_second_time_there_is_nothing_to_do(full):
    leave(full)
    result = leave(full)
    assert (result["changed"], result["actions"], result["components"]) == (False, [], [])
    assert not (full.root / "state").exists()


def test_check_mode_predicts_and_touches_nothing(full):
    before = full.tree()
    result = leave(full, check=True)
    assert (result["changed"], result["components"]) == (True, ["first", "third", "second"])
    assert full.tree() == before
    assert len(list((full.root / "state/components").glob("*.json"))) == 3


def test_one_that_cannot_go_stops_it_and_the_next_run_goes_on(full):
    third = full.root / "etc/third"
    third.unlink()
    third.mkdir()
    (third / "somebodys").touch()
    result = leave(full)
    assert result["failed"]
    assert f"{third} is a directory" in result["msg"]
    assert "So far first is gone; run again to go on." in result["msg"]
    (third / "somebodys").unlink()
    third.rmdir()
    assert leave(full)["components"] == ["third", "second"]
    assert not (full.root / "state").exists()


def test_a_run_that_was_cut_off_is_undone_first(full):
    journal = full.root / "state/journal/late"
    journal.mkdir(parents=True)
    assert "failed" not in leave(full)
    assert not (full.root / "state").exists()


def test_another_run_that_is_at_work_is_not_disturbed(full):
    lease.take(Store(str(full.root / "state")), {"id": "other", "controller": "somebody"})
    before = full.tree()
    arguments = {"state_directory": str(full.root / "state"), "run": {"id": "mine", "controller": "me"}}
    result = run_module("remove_components", arguments, env=full.env)
    assert (result["failed"], result["held_by"]) == (True, "other")
    assert full.tree() == before
    arguments["run"]["replaces"] = "other"
    assert "failed" not in run_module("remove_components", arguments, env=full.env)
