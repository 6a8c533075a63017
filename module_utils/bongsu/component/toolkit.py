"""What bongsu keeps on a host to look after itself: its own code in one file, and the units that run it."""

from __future__ import annotations

import functools
import io
import pkgutil
import zipfile
from importlib import import_module
from importlib.util import find_spec

from .spec import Component, FileSpec, UnitSpec

NAME = "bongsu"  # the component's
PROGRAM = "/usr/lib/bongsu/bongsu"
RECOVER, DRIFT, TIMER = "bongsu-recover.service", "bongsu-drift.service", "bongsu-drift.timer"
_PARENT = __package__.rpartition(".")[0]
_BESIDE = ("errors", "host", "hosttool")  # what the host needs beside this package
_MAIN = "from bongsu.hosttool import main\n\nraise SystemExit(main())\n"
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
SuccessExitStatus=1
Nice=10
IOSchedulingClass=idle
""",
    TIMER: """\
[Unit]
Description=Look for drift every hour

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
    """Pack the code that this very run executes into one file that Python runs; equal code gives equal bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, text in sorted(_sources().items()):
            # Not compressed: each task packs it to compare, and that would take longer than all else that it does.
            packed.writestr(zipfile.ZipInfo(name, _LONG_AGO), text)
    return b"#!/usr/bin/python3 -I\n" + stream.getvalue()


def _sources() -> dict[str, str]:
    here = import_module(__package__)
    sources = {"__main__.py": _MAIN, "bongsu/__init__.py": "", "bongsu/component/__init__.py": ""}
    for found in pkgutil.iter_modules(here.__path__):
        sources[f"bongsu/component/{found.name}.py"] = _source(f"{__package__}.{found.name}")
    for name in _BESIDE:
        sources[f"bongsu/{name}.py"] = _source(f"{_PARENT}.{name}")
    return sources


def _source(name: str) -> str:
    """Read a module where this run has its modules from; nothing is executed of those that this run does not need."""
    found = find_spec(name)
    text: str = found.loader.get_source(name)  # type: ignore[union-attr]  # every loader of source files has it
    return text
