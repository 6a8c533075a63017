"""The kernel's audit on this host: what its rules should be, how they get in, and how it is as before again.

The rules are made here, not on the controller: which system calls there are is the machine's, and which programs run as
somebody else is this host's. They are written where augenrules looks, beside those of others, which stay.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import stat
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import audit_rules, controls, host
from .component.store import CONTROLS, DEFAULT, Store
from .errors import BongsuError

COMPONENT, PACKAGE = "audit_log", "auditd"
KIND = "audit"  # of the settings (see effective/audit.py)
RULES = Path("/etc/audit/rules.d")
# auditctl gives up at the first rule that the kernel refuses, unless it is told to go on before: the first file of all.
FIRST, LAST = "00-bongsu.rules", "zz-bongsu.rules"
LOADED = Path("/etc/audit/audit.rules")  # augenrules makes it of all files
LOGS, KEPT = Path("/var/log/audit"), Path("/var/log/audit-kept")
RECORD = Path(DEFAULT) / "audit.json"  # how the kernel was set before
PROGRAMS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")  # few enough to be looked at each time
EVERYWHERE = ("/usr", "/opt")
_SEARCH_SECONDS = 120.0
# Settings of the kernel, in the order in which they are set, and auditctl's options for them.
SETTINGS = {
    "failure": "-f",
    "backlog_limit": "-b",
    "rate_limit": "-r",
    "backlog_wait_time": "--backlog_wait_time",
    "enabled": "-e",
}
LOCKED = "2"
# What auditctl says, run by root, where the kernel has no audit for this host: what a container's root is refused first
# is the capability, and with it the kernel refuses whoever is not in its first namespaces.
_REFUSED = {
    "You must be root": "its root may not control it",
    "Operation not permitted": "its root may not control it",
    "Connection refused": "the kernel refuses it",
    "audit support not in kernel": "the kernel was built or booted without",
}
_HEAD = "# Made by bongsu (role audit_log) on this host, and again at each boot: change the inventory instead.\n"


def ask() -> dict[str, str] | str:
    """Return what the kernel says of its audit, or why it says nothing to this host, as in a container."""
    output = host.run(["auditctl", "-s"])
    if output.status == 0:
        return audit_rules.status(output.text)
    refusal = next((why for words, why in _REFUSED.items() if words in output.text), None)
    if refusal is None or os.geteuid() != 0:
        raise BongsuError(f"auditctl -s: {output.text}")
    return refusal


def abis() -> dict[str, set[str]]:
    """Return the system calls of each ABI of this machine; none of a machine that nothing is known of."""
    known = audit_rules.ABIS.get(platform.machine(), {})
    tables = {abi: host.ask(["ausyscall", name, "--dump"]).splitlines() for abi, name in known.items()}
    return {abi: {line.split()[-1] for line in table if line.strip()} for abi, table in tables.items()}


def privileged(*, everywhere: bool) -> set[str]:
    """Find the programs with a set-user or set-group bit: below /usr and /opt, or only where nearly all of them are.

    Their names have no white space, which a file of rules cannot write.
    """
    near = {path for path in _entries() if _runs_as_another(path)}
    if not everywhere:
        return near
    places = [place for place in EVERYWHERE if os.path.isdir(place)]
    output = host.run(["find", *places, "-xdev", "-type", "f", "-perm", "/6000"], timeout=_SEARCH_SECONDS)
    return near.union(filter(_runs_as_another, output.text.splitlines()))


def _entries() -> Iterator[str]:
    for place in PROGRAMS:
        try:
            with os.scandir(place) as entries:
                yield from [entry.path for entry in entries if not entry.is_symlink()]
        except OSError:
            continue


def _runs_as_another(path: str) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & (stat.S_ISUID | stat.S_ISGID)) and not any(map(str.isspace, path))


def written() -> set[str]:
    """Return the programs that were found when the rules were made, and are still so."""
    try:
        lines = (RULES / LAST).read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return {path for line in lines if _runs_as_another(path := audit_rules.watched(line))}


def expand(rules: Collection[str], *, everywhere: bool = False) -> dict[str, list[str]]:
    """Return what each rule of the table comes to here."""
    wanted = any(audit_rules.PRIVILEGED in rule for rule in rules)
    programs = sorted(privileged(everywhere=everywhere) | written()) if wanted else []
    calls = abis() if any(rule.startswith("-S ") for rule in rules) else {}
    return {rule: audit_rules.expand(rule, calls, programs, os.path.isdir) for rule in rules}


def load() -> int:
    """Make the rules of this host, and have the kernel take them; where there is no audit, nothing is done."""
    now = ask()
    if isinstance(now, str):
        sys.stdout.write(f"no audit here ({now}): it is the machine's, and no container's\n")
        return 0
    _forget_kept()
    _remember(now)
    RULES.mkdir(mode=0o750, parents=True, exist_ok=True)
    wanted = _wanted()
    _place(FIRST, "-c\n")
    _place(LAST, "\n".join(_lines(wanted)) + "\n")
    return _tell(now)


def _wanted() -> dict[str, Any]:
    """Return every setting of the audit that some control of this host wants, in the order of the table."""
    documents = sorted(Path(CONTROLS).glob("*.json"))
    known = [one for path in documents for one in controls.read(path.read_text(encoding="utf-8"), str(path))[1]]
    return {name: value for one in known for name, value in one.get(KIND, {}).items()}


def _lines(wanted: Mapping[str, Any]) -> Iterator[str]:
    yield "-D"
    yield from (f"{option} {wanted[name]}" for name, option in SETTINGS.items() if name in wanted)
    rules = expand([name for name in wanted if name.startswith("-")], everywhere=True)
    yield from (audit_rules.with_key(line, wanted[rule]) for rule, lines in rules.items() for line in lines)


def _place(name: str, text: str) -> None:
    content = (_HEAD + text).encode()
    if host.observe(str(RULES / name)).content != content:
        host.replace(str(RULES / name), content, mode=0o640)


def _tell(now: Mapping[str, str]) -> int:
    """Have augenrules put all files together and the kernel take them."""
    if now["enabled"] == LOCKED:
        sys.stderr.write("bongsu: the kernel's rules are locked, and stay as they are until the next boot\n")
        return 0
    output = host.run(["augenrules", "--load"])
    complaints = [line for line in output.text.splitlines() if "rror" in line]
    sys.stderr.write("".join(f"bongsu: {line}\n" for line in complaints))  # whatever it is, the controls tell it, too
    return 0


def give_back() -> int:
    """Have the kernel as it was before; what has been recorded is kept where the package's going does not take it.

    Not while the host goes down: a file system that is unmounted may stop the unit, and records go on to the end.
    """
    if host.run(["systemctl", "is-system-running"]).text == "stopping":
        return 0
    for name in (FIRST, LAST):
        (RULES / name).unlink(missing_ok=True)
    now = ask()
    if isinstance(now, str):
        RECORD.unlink(missing_ok=True)  # a kernel that has audit again begins anew
        return 0
    _keep_logs()
    record = _read()
    if now["enabled"] == LOCKED:
        sys.stderr.write("bongsu: the kernel's rules are locked, and stay until the next boot\n")
    else:
        host.run(["auditctl", "-D"])
        host.run(["augenrules", "--load"])  # what others have written
        before = record.get("status", {})
        for name, option in SETTINGS.items():
            if name in before:
                host.run(["auditctl", option, before[name]])
    if not record.get("previous", True):
        _previous().unlink(missing_ok=True)
    RECORD.unlink(missing_ok=True)
    return 0


def _remember(now: Mapping[str, str]) -> None:
    if not RECORD.exists() and now["enabled"] != LOCKED:  # nothing could be given back, and the next boot shows it
        settings = {name: now[name] for name in SETTINGS if name in now}
        before = {"status": settings, "previous": _previous().exists()}
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        host.replace(str(RECORD), (json.dumps(before, indent=1) + "\n").encode(), mode=0o600)


def _previous() -> Path:
    return LOADED.with_name(f"{LOADED.name}.prev")  # augenrules leaves what was loaded before


def _read() -> dict[str, Any]:
    try:
        return dict(json.loads(RECORD.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):  # spoiled: the next boot gives back what it held
        return {}


def _keep_logs() -> None:
    """Lay the logs where they stay: Debian's package deletes its directory as it is purged, and logs are evidence."""
    manifest = Store(DEFAULT).manifest(COMPONENT) or {}
    logs = sorted(LOGS.glob("audit.log*"))
    if PACKAGE not in manifest.get("brought", []) or not logs:
        return
    place = KEPT / time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    place.mkdir(parents=True, exist_ok=True)
    for directory in (KEPT, place):
        shutil.copystat(LOGS, directory)
        shutil.chown(directory, LOGS.stat().st_uid, LOGS.stat().st_gid)
    for log in logs:
        try:
            os.link(log, place / log.name)
        except OSError:  # they have a file system of their own
            shutil.copy2(log, place / log.name)


def _forget_kept() -> None:
    """Take away what was kept of logs that are still where they were: the unit was only restarted."""
    here = {_first_line(log) for log in LOGS.glob("audit.log*")} - {b""}
    for log in KEPT.glob("*/*"):
        if _first_line(log) in here:
            log.unlink()
    for place in (*KEPT.glob("*"), KEPT):
        with suppress(OSError):  # what it holds is nowhere else, or it is not there
            place.rmdir()


def _first_line(path: Path) -> bytes:
    """Return the first record of a log, which has its time and number: rotated, the file keeps it."""
    with path.open("rb") as log:
        return log.readline()
