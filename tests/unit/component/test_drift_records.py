"""What a manifest records, what other components placed, and what is told once only."""

from ansible.module_utils.bongsu.component import drift
from drift_world import (
    CONFIG,
    DIRECTORY,
    DROPIN,
    NEW,
    STARTED,
    WHOLE,
    manifest,
    seen,
    sha256,
    with_overrides,
    with_path,
    with_unit,
)


def test_a_record_of_older_files_says_that_the_unit_has_not_read_them():
    running = {
        "web.service": {"invocation": "first", "files": {CONFIG: sha256(b"older"), DROPIN: sha256(b"[Service]\n")}}
    }
    found = drift.compare({"web": manifest(running=running)}, seen())
    assert [(one.resource, one.what, one.detail) for one in found] == [
        ("web.service", "unread", f"it has not read {CONFIG}")
    ]


def test_a_file_that_drifted_is_not_told_twice():
    """The unit has not read the file that somebody changed, and need not."""
    found = drift.compare({"web": manifest()}, with_path(CONFIG, content=b"b = 2\n", changed_at=STARTED + 1))
    assert [one.what for one in found] == ["content"]


def test_an_override_that_another_component_placed_is_its_business():
    other = {
        **manifest(packages=[], units=[]),
        "component": "hardening",
        "files": [{**manifest()["files"][1], "dest": NEW}],
    }
    now = with_overrides(**{NEW: "new"})
    now = seen(paths={**now.paths, NEW: now.paths[CONFIG]}, overrides=now.overrides)
    assert drift.compare({"web": manifest(), "hardening": other}, now) == []


def test_a_definition_that_a_component_placed_is_its_business():
    other = {
        **manifest(packages=[], units=[]),
        "component": "own",
        "files": [{**manifest()["files"][1], "dest": WHOLE}],
    }
    now = with_unit("web.service", fragment=WHOLE)
    now = seen(paths={**now.paths, WHOLE: now.paths[CONFIG]}, units=now.units)
    assert drift.compare({"web": manifest(), "own": other}, now) == []


def test_a_pinned_package_is_judged_by_its_pin_alone():
    """It was pinned to an older version than the one that was there before."""
    last = {"nginx": "1.22.1-9", "libssl3": "3.0.9-1"}
    assert drift.compare({"web": manifest(versions=last)}, seen()) == []


def test_a_unit_that_is_wanted_stopped_need_not_read_anything():
    units = [{"name": "web.service", "enabled": True, "started": False, "masked": False}]
    found = drift.compare({"web": manifest(units=units)}, with_unit("web.service", needs_daemon_reload=True))
    assert [one.what for one in found] == ["unit_started"]


def test_a_shared_directory_drifts_for_every_component_that_wants_it():
    now = with_path(DIRECTORY, mode=0o777)
    found = drift.compare({"web": manifest(), "extra": {**manifest(), "component": "extra"}}, now)
    assert [(one.component, one.detail) for one in found] == [
        ("extra", "0777 instead of 0755"),
        ("web", "0777 instead of 0755"),
    ]


def test_a_manifest_without_records_is_no_drift_of_itself():
    unknown = manifest(versions={"nginx": None}, unit_files={}, running={})
    assert drift.compare({"web": unknown}, with_overrides(**{NEW: "new"})) == []
    bare = {key: manifest()[key] for key in ("format", "component", "packages", "files", "units")}
    assert drift.compare({"web": bare}, with_overrides(**{NEW: "new"})) == []


def test_the_digest_of_a_description_is_of_the_wanted_state_alone():
    digest = drift.description_digest(manifest())
    assert drift.description_digest(manifest(versions={}, running={}, converged_at=1.0)) == digest
    assert drift.description_digest(manifest(units=[])) != digest
    assert drift.description_digest(manifest(files=manifest()["files"][:-1])) != digest
