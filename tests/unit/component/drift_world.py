"""A host that is exactly as its one manifest says, for tests that change one thing of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from ansible.module_utils.bongsu.component.changes import Found
from ansible.module_utils.bongsu.component.drift import Seen
from ansible.module_utils.bongsu.component.packages import Status
from ansible.module_utils.bongsu.component.units import UnitState

CONFIG, DIRECTORY, GONE, LINK = "/etc/web/web.conf", "/etc/web", "/etc/web/old.conf", "/etc/web/link"
DROPIN, FOREIGN = "/etc/systemd/system/web.service.d/bongsu.conf", "/etc/systemd/system/web.service.d/own.conf"
NEW, WHOLE = "/run/systemd/system/web.service.d/zz.conf", "/etc/systemd/system/web.service"  # nobody recorded them
STARTED = 1000.0  # when web.service began to run; its files are older
CONTENT = b"listen = 80\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(dest: str, state: str, content: bytes | None = None, **values: Any) -> dict[str, Any]:
    digest = None if content is None else sha256(content)
    plain = {"dest": dest, "state": state, "sha256": digest, "owner": "root", "group": "web", "mode": "0640"}
    return {**plain, "on_change": "reload", "units": ["web.service"], **values}


def manifest(**values: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "component": "web",
        "packages": [{"name": "nginx", "version": None}, {"name": "libssl3", "version": "3.0.1-1"}],
        "files": [
            entry(DIRECTORY, "directory", mode="0755"),
            entry(CONFIG, "file", CONTENT),
            entry(GONE, "absent"),
            entry(LINK, "link", b"/etc/web/web.conf"),
            entry(DROPIN, "file", b"[Service]\n", on_change="restart"),
        ],
        "units": [
            {"name": "web.service", "enabled": True, "started": True, "masked": False},
            {"name": "off.service", "enabled": False, "started": False, "masked": False},
            {"name": "never.service", "enabled": False, "started": False, "masked": True},
        ],
        "versions": {"nginx": "1.22.1-9", "libssl3": "3.0.1-1"},
        "unit_files": {
            "web.service": {
                "fragment": "/lib/systemd/system/web.service",
                "dropins": {DROPIN: sha256(b"[Service]\n"), FOREIGN: "digest of the host's own"},
            }
        },
        "running": {
            "web.service": {
                "invocation": "first",
                "files": {CONFIG: sha256(CONTENT), DROPIN: sha256(b"[Service]\n")},
            }
        },
        **values,
    }


def unit(name: str, **values: Any) -> UnitState:
    plain: dict[str, Any] = {"name": name, "found": True, "active": False, "failed": False, "enabled": False}
    plain |= {"can_enable": True, "masked": False, "invocation": "", "needs_daemon_reload": False}
    return UnitState(**{**plain, "started_at": None, **values})


def seen(**values: Any) -> Seen:
    def found(kind: str, content: bytes | None = None, mode: int = 0o640, target: str | None = None) -> Found:
        return Found(kind, content, "root", "web", mode, STARTED - 1, target)

    plain: dict[str, Any] = {
        "paths": {
            DIRECTORY: found("directory", mode=0o755),
            CONFIG: found("file", CONTENT),
            GONE: Found("absent"),
            LINK: found("link", mode=0o777, target=CONFIG),
            DROPIN: found("file", b"[Service]\n"),
        },
        "packages": Status({"nginx": "1.22.1-9", "libssl3": "3.0.1-1"}, frozenset({"libssl3"})),
        "units": {
            "web.service": unit(
                "web.service",
                active=True,
                enabled=True,
                invocation="first",
                started_at=STARTED,
                fragment="/lib/systemd/system/web.service",
            ),
            "off.service": unit("off.service"),
            "never.service": unit("never.service", masked=True),
        },
        "overrides": {
            "web.service": {DROPIN: sha256(b"[Service]\n"), FOREIGN: "digest of the host's own"},
            "off.service": {"/etc/systemd/system/off.service.d/was-there.conf": "nobody recorded it"},
        },
        "is_older": lambda version, other: version < other,
    }
    return Seen(**{**plain, **values})


def with_path(dest: str, **values: Any) -> Seen:
    paths = dict(seen().paths)
    return seen(paths={**paths, dest: replace(paths[dest], **values)})


def with_unit(name: str, **values: Any) -> Seen:
    units = dict(seen().units)
    return seen(units={**units, name: replace(units[name], **values)})


def with_overrides(**more: str) -> Seen:
    overrides = dict(seen().overrides)
    return seen(overrides={**overrides, "web.service": {**overrides["web.service"], **more}})
