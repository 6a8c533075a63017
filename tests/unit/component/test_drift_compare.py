"""Each way in which a host can drift is found, as that and as nothing else; what is no drift stays silent."""

import pytest
from ansible.module_utils.bongsu.component import drift
from ansible.module_utils.bongsu.component.packages import Status
from drift_world import (
    CONFIG,
    DIRECTORY,
    DROPIN,
    FOREIGN,
    GONE,
    LINK,
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

SECRET = b"password = hunter2\n"


def versions(held=("libssl3",), **more):
    return seen(packages=Status({"nginx": "1.22.1-9", "libssl3": "3.0.1-1", **more}, frozenset(held)))


DRIFTS = {
    "content": (with_path(CONFIG, content=SECRET), [(CONFIG, "content")]),
    "emptied": (with_path(CONFIG, content=b""), [(CONFIG, "content")]),
    "owner": (with_path(CONFIG, owner="nobody"), [(CONFIG, "owner")]),
    "group": (with_path(DIRECTORY, group="nogroup"), [(DIRECTORY, "group")]),
    "mode": (with_path(CONFIG, mode=0o4640), [(CONFIG, "mode")]),
    "all three": (
        with_path(CONFIG, owner="x", group="x", mode=0),
        [(CONFIG, "group"), (CONFIG, "mode"), (CONFIG, "owner")],
    ),
    "missing": (with_path(CONFIG, kind="absent", content=None), [(CONFIG, "missing")]),
    "a link for a file": (with_path(CONFIG, kind="link", content=None, target="/dev/null"), [(CONFIG, "kind")]),
    "a directory for a file": (with_path(CONFIG, kind="directory", content=None), [(CONFIG, "kind")]),
    "a file for a directory": (with_path(DIRECTORY, kind="file", content=b""), [(DIRECTORY, "kind")]),
    "a link that leads elsewhere": (with_path(LINK, target="/etc/shadow"), [(LINK, "content")]),
    "there again": (with_path(GONE, kind="file", content=SECRET), [(GONE, "present")]),
    "a directory where nothing belongs": (with_path(GONE, kind="directory"), [(GONE, "present")]),
    "package gone": (
        seen(packages=Status({"libssl3": "3.0.1-1"}, frozenset({"libssl3"}))),
        [("nginx", "package_absent")],
    ),
    "package downgraded": (versions(nginx="1.18.0-6"), [("nginx", "package_version")]),
    "pinned package upgraded": (versions(libssl3="3.0.2-1"), [("libssl3", "package_version")]),
    "pinned package downgraded": (versions(libssl3="3.0.0-1"), [("libssl3", "package_version")]),
    "pinned package no longer held": (versions(held=()), [("libssl3", "package_version")]),
    "disabled": (with_unit("web.service", enabled=False), [("web.service", "unit_disabled")]),
    "stopped": (with_unit("web.service", active=False), [("web.service", "unit_stopped")]),
    "failed": (with_unit("web.service", active=False, failed=True), [("web.service", "unit_stopped")]),
    "masked": (with_unit("web.service", masked=True, enabled=False), [("web.service", "unit_masked")]),
    "masked, which defines it as nothing": (
        with_unit("web.service", masked=True, enabled=False, fragment="/run/systemd/system/web.service"),
        [("web.service", "unit_masked")],
    ),
    "masked and stopped": (
        with_unit("web.service", masked=True, enabled=False, active=False),
        [("web.service", "unit_masked"), ("web.service", "unit_stopped")],
    ),
    "its package took it along": (
        with_unit("web.service", found=False, active=False, enabled=False, fragment=""),
        [("web.service", "unit_disabled"), ("web.service", "unit_stopped")],
    ),
    "started": (with_unit("off.service", active=True), [("off.service", "unit_started")]),
    "enabled": (with_unit("off.service", enabled=True), [("off.service", "unit_enabled")]),
    "unmasked": (with_unit("never.service", masked=False), [("never.service", "unit_unmasked")]),
    "unmasked and started": (
        with_unit("never.service", masked=False, active=True),
        [("never.service", "unit_started"), ("never.service", "unit_unmasked")],
    ),
    "new override": (with_overrides(**{NEW: "new"}), [(NEW, "dropin")]),
    "changed override": (with_overrides(**{FOREIGN: "another digest"}), [(FOREIGN, "dropin")]),
    "whole definition elsewhere": (
        with_unit("web.service", fragment="/usr/local/lib/systemd/system/web.service"),
        [("/usr/local/lib/systemd/system/web.service", "dropin")],
    ),
    "whole definition in /etc": (
        seen(
            units=with_unit("web.service", fragment=WHOLE).units,
            overrides=with_overrides(**{WHOLE: "new"}).overrides,
        ),
        [(WHOLE, "dropin")],
    ),
    "stopped before its file changed": (
        seen(
            paths=with_path(CONFIG, changed_at=STARTED + 1).paths,
            units=with_unit("web.service", active=False, invocation="another", needs_daemon_reload=True).units,
        ),
        [("web.service", "unit_stopped")],
    ),
    "started by somebody, then its file changed": (
        seen(
            paths=with_path(CONFIG, changed_at=STARTED + 1).paths,
            units=with_unit("web.service", invocation="another").units,
        ),
        [("web.service", "unread")],
    ),
    "systemd runs an older definition": (
        with_unit("web.service", needs_daemon_reload=True),
        [("web.service", "unread")],
    ),
}


@pytest.mark.parametrize(("now", "expected"), DRIFTS.values(), ids=DRIFTS)
def test_one_change_is_found_as_what_it_is(now, expected):
    found = drift.compare({"web": manifest()}, now)
    assert [(one.resource, one.what) for one in found] == expected
    assert {one.component for one in found} <= {"web"}
    assert {one.what for one in found} <= set(drift.WHAT)
    assert "hunter2" not in str(found)


SILENT = {
    "as it was placed": seen(),
    "a security upgrade": versions(nginx="1.22.1-9+deb12u1"),
    "its definition moved with /usr": with_unit("web.service", fragment="/usr/lib/systemd/system/web.service"),
    "a unit that cannot be enabled": with_unit("web.service", enabled=False, can_enable=False),
    "restarted by somebody, with nothing new to read": with_unit("web.service", invocation="another"),
    "the host's own override taken away": seen(overrides={"web.service": {DROPIN: sha256(b"[Service]\n")}}),
    "a changed drop-in of ours is a file's business": with_overrides(**{DROPIN: "another digest"}),
    "never recorded overrides": with_unit("off.service", fragment="/etc/systemd/system/off.service"),
    "touched, and by an exact record read": with_path(CONFIG, changed_at=STARTED + 1),
}


@pytest.mark.parametrize("now", SILENT.values(), ids=SILENT)
def test_what_is_no_drift(now):
    assert drift.compare({"web": manifest()}, now) == []
