"""Have AIDE compare this host with its database, and judge what differs; make the database where there is none."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import host
from ..component import apt, drift_host, interrupted, store
from ..component.store import Store
from ..errors import BongsuError
from . import aide, explain, kept, packages
from .explain import Judge, Placed, Then

_LOOKS = 3  # while packages or a run change what is looked at, what it finds is no use
_REST = 10.0  # seconds without a change: a run has made its last
_PATIENCE, _PAUSE = 1800.0, 2.0  # seconds to wait for that at the most, and between two looks whether it is so
_UNIT = "aidecheck.service"
_SHORT = 0.5  # seconds between two looks whether the first database is there
_AIDE_SECONDS = 6 * 3600.0
_FAILED = 14  # exit statuses of AIDE from here on are errors; below, they say what was found
_MARKS = (apt.DPKG_STATUS, Path(store.DEFAULT) / "components", Path(store.DEFAULT) / "journal")
_OF_ONE_RUN = 900.0  # seconds: within them, a run has written a file and then its manifest


@contextmanager
def alone() -> Iterator[None]:
    """Keep another look out: both would have AIDE write the same file."""
    os.makedirs(kept.DIRECTORY, mode=0o700, exist_ok=True)
    descriptor = os.open(kept.DIRECTORY, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def wait_for_the_first(seconds: float) -> None:
    """Wait until there is a database, or none is being made, but no longer than ``seconds``."""
    end = time.monotonic() + seconds
    while (kept.made() is None or kept.seen() is None) and time.monotonic() < end:
        if host.run(["systemctl", "is-active", _UNIT]).text.strip() != "activating":
            return
        time.sleep(_SHORT)


def look() -> kept.Seen:
    """Look, alone; make the database where there is none, and anew by new rules where nothing is found."""
    made = kept.made()
    if made is None:
        return _begin()
    seen = _settled(made)
    if seen.waiting and not seen.findings:
        seen = _begin(kept.digest(kept.DATABASE), seen)
    kept.write(seen)
    return seen


def accept(paths: Iterable[str]) -> tuple[kept.Seen, list[kept.Finding]]:
    """Accept what the last look has told, all or below some paths, as it is now; return also what it did not tell."""
    told = kept.seen()
    if told is None or kept.made() is None:
        raise BongsuError(
            "there is no database yet: systemctl start aidecheck.service, and see journalctl -u aidecheck"
        )
    seen = look()
    wanted = [os.path.normpath(path) for path in paths]
    chosen = [one for one in seen.findings if not wanted or _below(one.path, wanted)]
    if wanted and not chosen and not any(_below(one.path, wanted) for one in told.findings):
        raise BongsuError(f"nothing is found at {' '.join(wanted)}; 'bongsu integrity' tells what is")
    shown = {(one.path, one.digest) for one in told.findings}
    fresh = [one for one in chosen if (one.path, one.digest) not in shown]
    if fresh:
        return seen, fresh
    why = f"{kept.ACCEPTED} {time.strftime('%Y-%m-%d', time.gmtime())}"
    known = {one.path: explain.Known(one.digest, why, one.version, lasting=True) for one in chosen}
    left = tuple(one for one in seen.findings if one not in chosen)
    after = kept.Seen(seen.at, left, {**seen.known, **known}, seen.waiting)
    kept.write(after)
    return after, []


def _below(path: str, wanted: Iterable[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in wanted)


def _begin(before: str = "", seen: kept.Seen | None = None) -> kept.Seen:
    """Make the database: what is there now counts as right, once packages and runs have come to rest."""
    for _ in range(_LOOKS):
        marks = _rest()
        _aide("--init", kept.CONFIG)
        state, placed = packages.read(), _placed()
        if _rest() == marks:
            break
    else:
        raise BongsuError("this host is changed all the time; 'systemctl start aidecheck.service' looks again")
    paths = aide.read_database(kept.FRESH.read_bytes()).keys()
    owners = {path: state.owners[path] for path in paths if path in state.owners}
    then = Then(state.versions, owners, sorted(placed.named))
    explained = {path: one.digest for path, one in (seen.known.items() if seen else ())}
    shutil.copyfile(kept.CONFIG, kept.RULES)
    kept.write(kept.Made(time.time(), then, before, explained))
    host.sync([str(kept.FRESH), str(kept.RULES)])
    os.rename(kept.FRESH, kept.DATABASE)
    fresh = kept.Seen(time.time())
    kept.write(fresh)
    return fresh


def _settled(made: kept.Made) -> kept.Seen:
    for _ in range(_LOOKS):
        marks = _rest()
        seen = _compare(made)
        if _rest() == marks:
            return seen
    raise BongsuError("this host is changed all the time; 'systemctl start aidecheck.service' looks again")


def _compare(made: kept.Made) -> kept.Seen:
    report = _aide("--update", kept.RULES)
    now = time.time()
    try:
        found = aide.read_report(report, kept.DATABASE.read_bytes(), kept.FRESH.read_bytes())
    finally:
        kept.FRESH.unlink(missing_ok=True)
    last = kept.seen() or kept.Seen(now)
    versions = last.versions
    judge = Judge(made.then, packages.read(), _placed(), last.known, versions, _md5, os.path.realpath, os.path.lexists)
    known = {one.path: why for one in found if (why := judge(one))}
    findings = tuple(
        kept.Finding(one.path, one.kind, one.digest, one.words, versions.get(one.path))
        for one in found
        if one.path not in known
    )
    return kept.Seen(now, findings, known, kept.digest(kept.CONFIG) != kept.digest(kept.RULES))


def _aide(verb: str, config: Path) -> str:
    kept.FRESH.unlink(missing_ok=True)
    argv = ["aide", f"--config={config}", "--before=report_format=json", verb]
    output = host.run(argv, timeout=_AIDE_SECONDS)
    if output.status >= _FAILED or not kept.FRESH.exists():
        raise BongsuError(f"{' '.join(argv)}: {output.text[-1000:]}")
    return output.text


def _placed() -> Placed:
    """Say what bongsu has placed on this host, and what of it is so."""
    known = Store(store.DEFAULT)
    manifests = known.manifests()
    _, findings = drift_host.settled(store.DEFAULT)
    wrong = {one.resource for one in findings}
    entries = [(name, entry) for name, manifest in manifests.items() for entry in manifest["files"]]
    as_placed = {
        entry["dest"]
        for name, entry in entries
        if entry["dest"] not in wrong and (not entry.get("edit") or _of_the_run(entry["dest"], known, name))
    }
    brought = {one for manifest in manifests.values() for one in manifest.get("brought", [])}
    masked = {unit["name"] for manifest in manifests.values() for unit in manifest["units"] if unit["masked"]}
    return Placed(as_placed, {entry["dest"] for _, entry in entries}, brought, masked)


def _of_the_run(path: str, known: Store, component: str) -> bool:
    """Tell whether an edited file, which has lines of others', was last written by the run that wrote its manifest."""
    try:
        written = known.manifest_path(component).stat().st_mtime
        return 0 <= written - os.stat(path).st_mtime <= _OF_ONE_RUN
    except FileNotFoundError:
        return False


def _md5(path: str) -> str:
    """Give the digest that packages come with; what it is held against AIDE has found by SHA-512."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def _rest() -> tuple[float, ...]:
    """Wait until neither packages nor a run of bongsu change the host; return when each last has."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            interrupted.wait_for_others()
        except BongsuError:
            if time.monotonic() > end:
                raise
            continue
        marks = tuple(place.stat().st_mtime for place in _MARKS if place.exists())
        if not any(0 <= time.time() - mark < _REST for mark in marks) or time.monotonic() > end:
            return marks
        time.sleep(_PAUSE)
