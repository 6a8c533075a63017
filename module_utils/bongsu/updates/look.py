"""Look what waits on this host, and tell it."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from .. import host
from ..component import store
from . import report, restarts, settings, waiting

METRICS, REFUSED = "bongsu_updates.prom", "bongsu_reboot.prom"
STAMPS = Path("/var/lib/apt/periodic")
FLAG = Path("/run/reboot-required")
# Held packages as well, since nobody else tells that one of them has a hole; NoLocking, for it changes nothing.
_SIMULATE = ("apt-get", "--simulate", "--ignore-hold", "--option=Debug::NoLocking=1", "dist-upgrade")


def main(*, textfile: bool, as_json: bool) -> int:
    """Tell what waits, or write it where node_exporter reads; take that away where the role is no more."""
    known = settings.load()
    if known is None:
        for name in (METRICS, REFUSED):
            store.export(name, None)
        if not textfile:
            sys.stdout.write("this host is not told to look after its updates (role security_updates)\n")
        return 0
    state = look(known)
    if textfile:
        store.export(METRICS, report.metrics(state))
        if state.reboot is None:
            store.export(REFUSED, None)
    elif as_json:
        sys.stdout.write(json.dumps(_document(state), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(report.table(state)) + "\n")
    return 0


def look(known: settings.Settings) -> report.State:
    """Ask apt and needrestart once each."""
    now = time.time()
    memory = _memory()
    held = _ask(["apt-mark", "showhold"]).split()
    updates = waiting.read(_ask(_SIMULATE), held, known.kept)
    ages = waiting.since((one.package for one in updates), memory.packages, now)
    outdated = _outdated()
    opens = known.window.next_opening(dt.datetime.now(dt.UTC)) if known.reboot else None
    return report.State(
        updates={one: ages[one.package] for one in updates},
        outdated=waiting.since(outdated.running, memory.outdated, now),
        reboot=_reboot(outdated),
        lists=_stamp("update-stamp", known.since),
        upgraded=_stamp("upgrade-stamp", known.since),
        window=opens.timestamp() if opens else None,
    )


def reboot() -> restarts.Reboot | None:
    """Say whether this host must reboot."""
    return _reboot(_outdated("-k"))


def _outdated(*options: str) -> restarts.Outdated:
    return restarts.read(_ask(["needrestart", "-b", *options]))


def _reboot(outdated: restarts.Outdated) -> restarts.Reboot | None:
    flagged, packages = None, ""
    with suppress(FileNotFoundError):
        flagged = FLAG.stat().st_mtime
        packages = FLAG.with_name(f"{FLAG.name}.pkgs").read_text(encoding="utf-8", errors="replace")
    kernel = None
    if outdated.kernel:
        with suppress(FileNotFoundError):
            # When it was unpacked: the time of change of its content is the one of its making.
            kernel = outdated.kernel, Path(f"/boot/vmlinuz-{outdated.kernel}").stat().st_ctime
    return restarts.reboot(flagged, packages, kernel, _booted())


def _booted() -> float:
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))


def _stamp(name: str, else_since: float) -> float:
    """Return when something last went well; where it never has, when it was first to be done."""
    try:
        return (STAMPS / name).stat().st_mtime
    except FileNotFoundError:
        return else_since


def _memory() -> report.Memory:
    try:
        return report.remember((store.TEXTFILE_DIRECTORY / METRICS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return report.Memory()


def _ask(argv: Iterable[str]) -> str:
    return host.ask(list(argv), env={"DEBIAN_FRONTEND": "noninteractive"})


def _document(state: report.State) -> dict[str, object]:
    return {
        "updates": [{**asdict(one), "since": when} for one, when in state.updates.items()],
        "outdated": [{"kind": kind, "name": name, "since": when} for (kind, name), when in state.outdated.items()],
        "reboot": asdict(state.reboot) if state.reboot else None,
        "lists": state.lists,
        "upgraded": state.upgraded,
        "window": state.window,
    }
