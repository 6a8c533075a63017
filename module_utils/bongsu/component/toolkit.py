"""What bongsu keeps on a host to look after itself: its own code in one file, and the units that run it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from .spec import Component, FileSpec, UnitSpec

if TYPE_CHECKING:  # Ansible packs what it sees imported: _sources() needs them to be there, and nothing to execute them
    from .. import asked, hosttool  # noqa: F401

NAME = "bongsu"  # the component's
PROGRAM = "/usr/lib/bongsu/bongsu"
RECOVER, DRIFT, TIMER = "bongsu-recover.service", "bongsu-drift.service", "bongsu-drift.timer"
WANTED_BY = {RECOVER: "sysinit.target", TIMER: "timers.target"}
UNPACKED = "/run/bongsu"  # controllers leave their code here, each in a directory named by its digest (see trip.py)
WHOLE = "bongsu.zip"  # in such a directory: what it was unpacked from
_PARENT = __package__.rpartition(".")[0]
# What the host needs beside this package.
_PACKAGES = ("component", "edits", "effective", "integrity", "updates")
_BESIDE = (
    *("api", "asked", "audit_rules", "audit_rules_host", "bans", "bans_host", "certificate", "certificate_host"),
    *("controls", "controls_host"),
    *("errors", "fail2ban", "firewall_ask", "firewall_host", "host", "hosttool", "kernel_settings"),
    *("listening", "listening_host", "login", "mounts", "processes", "sandbox_ask", "state"),
)
_MAIN = """\
import sys

if sys.argv[1:] == ["ask"]:
    from bongsu.asked import main
elif sys.argv[1:2] == ["bans"]:
    from bongsu.bans_host import main
else:
    from bongsu.hosttool import main
raise SystemExit(main())
"""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say: equal code must give equal bytes

_UNITS = {
    RECOVER: """\
[Unit]
Description=Undo what an interrupted run of bongsu changed
Documentation=man:systemd.unit(5)
DefaultDependencies=no
RequiresMountsFor=/var/lib/bongsu /usr /tmp
After=local-fs.target systemd-remount-fs.service systemd-tmpfiles-setup.service
Before=sysinit.target network-pre.target nftables.service shutdown.target
Conflicts=shutdown.target
ConditionDirectoryNotEmpty=/var/lib/bongsu/journal

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I /usr/lib/bongsu/bongsu recover --boot
TimeoutStartSec=300

[Install]
WantedBy=sysinit.target
""",
    DRIFT: """\
[Unit]
Description=Compare what bongsu placed on this host with what is there
ConditionPathExists=/var/lib/bongsu/components

[Service]
Type=oneshot
ExecStartPre=-/usr/bin/python3 -I /usr/lib/bongsu/bongsu recover
ExecStart=/usr/bin/python3 -I /usr/lib/bongsu/bongsu drift --textfile
ExecStart=/usr/bin/python3 -I /usr/lib/bongsu/bongsu controls --textfile
ExecStart=/usr/bin/python3 -I /usr/lib/bongsu/bongsu updates --textfile
# A run that is under way is waited for, however long apt takes; after a removal, nothing is left to look with (2).
TimeoutStartSec=2h
SuccessExitStatus=1 2
Nice=10
IOSchedulingClass=idle
""",
    TIMER: """\
[Unit]
Description=Look for drift every hour
ConditionPathExists=/usr/lib/bongsu/bongsu

[Timer]
OnCalendar=hourly
RandomizedDelaySec=5min
FixedRandomDelay=true
Persistent=true

[Install]
WantedBy=timers.target
""",
}


def component() -> Component:
    """Give the toolkit as a component, to converge like any other."""
    units = tuple(
        FileSpec(f"/etc/systemd/system/{name}", "file", text.encode(), mode=0o644) for name, text in _UNITS.items()
    )
    return Component(
        name=NAME,
        packages=(),
        files=(
            FileSpec("/usr/lib/bongsu", "directory", mode=0o755),
            FileSpec(PROGRAM, "file", archive(), mode=0o755),
            *units,
        ),
        validate=(("/usr/bin/python3", "-I", PROGRAM, "--version"),),
        units=(
            UnitSpec(RECOVER, enabled=True, started=False, masked=False),
            UnitSpec(TIMER, enabled=True, started=True, masked=False),
        ),
    )


@functools.cache
def archive() -> bytes:
    """Give the code that this very run executes as one file that Python runs; equal code gives equal bytes."""
    whole = Path(__file__).parents[2] / WHOLE
    return whole.read_bytes() if whole.is_file() else _pack()


def _pack() -> bytes:
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, text in sorted(_sources().items()):
            # Not compressed: a module packs it to compare, and that would take longer than all else that it does.
            packed.writestr(zipfile.ZipInfo(name, _LONG_AGO), text)
    return b"#!/usr/bin/python3 -I\n" + stream.getvalue()


def _sources() -> dict[str, str]:
    import pkgutil
    from importlib.util import find_spec

    sources = {"__main__.py": _MAIN, "bongsu/__init__.py": ""}
    for package in _PACKAGES:
        sources[f"bongsu/{package}/__init__.py"] = _source(f"{_PARENT}.{package}")
        here = find_spec(f"{_PARENT}.{package}")
        for found in pkgutil.iter_modules(here.submodule_search_locations):  # type: ignore[union-attr]  # see _source
            sources[f"bongsu/{package}/{found.name}.py"] = _source(f"{_PARENT}.{package}.{found.name}")
    for name in _BESIDE:
        sources[f"bongsu/{name}.py"] = _source(f"{_PARENT}.{name}")
    return sources


def _source(name: str) -> str:
    """Read a module where this run has its modules from; nothing is executed of those that this run does not need."""
    from importlib.util import find_spec

    found = find_spec(name)
    text: str = found.loader.get_source(name)  # type: ignore[union-attr]  # every loader of source files has it
    return text
