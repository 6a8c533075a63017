"""dpkg and apt-get on this host."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from .. import host
from ..errors import BongsuError
from . import apt_hook
from .packages import Coming, Status, insisted_on, parse_conffiles, parse_removal, parse_simulation, parse_status

DPKG_STATUS = Path("/var/lib/dpkg/status")
LISTS = Path("/var/lib/apt/lists")
LISTS_FRESH = 3600.0  # seconds: as often as a mirror may have something new
LOCK_SECONDS = 300.0  # unattended-upgrades may be at work
APT_SECONDS = 1800.0  # for one run of apt-get: a slow mirror, not a hanging one
_APT = (
    "apt-get",
    "--quiet",
    "--yes",
    "--no-install-recommends",
    f"-oDPkg::Lock::Timeout={LOCK_SECONDS:.0f}",
    "-oDpkg::Options::=--force-confdef",
    "-oDpkg::Options::=--force-confold",
)
MAY_CHANGE = ("--allow-downgrades", "--allow-change-held-packages")
_NOTHING_BESIDE = ("--no-auto-remove", "--allow-change-held-packages")
_ROUNDS = 5  # of asking apt again, with one more layer of dependencies at the version that is insisted on
_WORDS = 15  # lines of what a failing command said
_LOCKED = "Could not get lock"
UNFETCHED = "Failed to fetch"
_CHATTER = ("Reading ", "(Reading ", "Building ", "Get:", "Hit:", "Ign:", "Fetched ", "Selecting ", "Preparing ")


class BusyError(BongsuError):
    """Somebody else changes packages, and has for LOCK_SECONDS."""


def read_status() -> Status:
    """Read what dpkg has on this host.

    While dpkg is at work, it keeps what it does beside its status file, in numbered ones; those that are left were not
    taken over when it was cut off: the status file does not know of them, and apt-get refuses to work.
    """
    status = parse_status(DPKG_STATUS.read_text(encoding="utf-8", errors="replace"))
    left = any(path.name.isdigit() for path in DPKG_STATUS.with_name("updates").glob("*"))
    return replace(status, unfinished=status.unfinished or left)


def is_older(version: str, other: str) -> bool:
    """Compare two versions as dpkg does."""
    return version != other and host.run(["dpkg", "--compare-versions", version, "lt", other]).status == 0


def refresh_lists() -> None:
    """Fetch apt's package lists, unless they are fresh."""
    stamps = [path.stat().st_mtime for path in (LISTS, LISTS / "partial") if path.is_dir()]
    if not any(LISTS.glob("*_Packages*")) or time.time() - max(stamps, default=0.0) > LISTS_FRESH:
        get("update")
        if LISTS.is_dir():
            host.run(["touch", str(LISTS)])  # "nothing new" leaves the time as it was


def newer_versions(names: Sequence[str]) -> list[str]:
    """List those of the installed packages ``names`` that apt has a newer version of."""
    if not names:
        return []
    coming = parse_simulation(get("--simulate", "--only-upgrade", "install", *names))
    return sorted(set(names) & set(coming.replaced))


def simulate(arguments: Sequence[str], yielding: Collection[str] = ()) -> Coming:
    """Ask apt what an installation would bring; raise BongsuError where it cannot, or removes others than ``yielding``.

    Of what a package needs, apt takes the newest alone, and gives up where a pinned one insists on the version before:
    ``beside`` of the answer has what must then be installed with it.
    """
    beside: list[str] = []
    for _ in range(_ROUNDS):
        command = [*_APT, "--simulate", *_keeping(yielding), *MAY_CHANGE, "install", *arguments, *beside]
        output = _run(command)
        more = sorted(set(insisted_on(output.text)) - {*arguments, *beside}) if output.status != 0 else []
        if not more:
            break
        beside += more
    coming, going = parse_simulation(_checked(command, output)), parse_removal(output.text)
    if more_going := sorted(going - set(yielding)):
        raise BongsuError(
            f"for {', '.join(arguments)}, apt would remove {', '.join(more_going)}: take it away yourself"
        )
    status = read_status()
    remnants = tuple(sorted(status.remnants.intersection(coming.new)))
    automatic = {*coming.replaced, *(argument.partition("=")[0] for argument in beside)}
    manual: set[str] = set()
    if automatic | going:  # one more question, and seldom
        manual = asked_for(automatic | going)
        automatic -= manual
    gone = {name: {"version": status.versions[name], "automatic": name not in manual} for name in sorted(going)}
    return replace(coming, remnants=remnants, beside=tuple(beside), automatic=tuple(sorted(automatic)), gone=gone)


def _keeping(yielding: Collection[str]) -> tuple[str, ...]:
    return () if yielding else ("--no-remove",)


def install(coming: Coming, arguments: Sequence[str]) -> None:
    """Install packages in apt's notation, whatever version of them is here now, as simulate() has told.

    Apt lifts the holds of what it changes: whoever calls holds it again.
    """
    install_exactly([*arguments, *coming.beside], yielding=coming.gone, quiet=not coming.replaced)
    mark_automatic(coming.automatic)


def add(arguments: Sequence[str], options: Sequence[str]) -> None:
    """Install packages in apt's notation with more ``options``, one of which has it stop before it touches others."""
    command = [*_APT, "--no-remove", *options, "install", *arguments]
    _checked(command, _run(command, {"NEEDRESTART_SUSPEND": "1"}))


def install_exactly(arguments: Iterable[str], yielding: Collection[str] = (), *, quiet: bool = False) -> None:
    """Install packages in apt's notation, or as paths of .deb files.

    Where it is ``quiet``, needrestart does not look for processes whose files were replaced, as none were; it looks
    when the next packages come.
    """
    command = [*_APT, *_keeping(yielding), *MAY_CHANGE, "install", *arguments]
    _checked(command, _run(command, {"NEEDRESTART_SUSPEND": "1"} if quiet else {}))


def asked_for(names: Iterable[str]) -> set[str]:
    """Tell which of some packages apt keeps though no other needs them."""
    return {*_require(["apt-mark", "showmanual", *sorted(names)]).split()}


def mark_automatic(names: Iterable[str]) -> None:
    """Have apt take packages for wanted only as long as another needs them: what it is told to install, it keeps."""
    if here := sorted(set(names) & set(read_status().versions)):
        _require(["apt-mark", "auto", *here])


def offered(names: Iterable[str]) -> list[str]:
    """List the configurations that dpkg laid beside those of some packages, since somebody had changed these."""
    packages = set(names)
    owners = parse_conffiles(DPKG_STATUS.read_text(encoding="utf-8", errors="replace")) if packages else {}
    beside = [f"{path}.dpkg-dist" for path, owner in owners.items() if owner in packages]
    return sorted(path for path in beside if os.path.lexists(path))


def hold(names: Sequence[str], *, held: bool = True) -> None:
    """Keep apt from changing packages, or allow it again."""
    if names:
        _require(["apt-mark", "hold" if held else "unhold", *names])


def take_away(names: Iterable[str], *, sparing: Iterable[str], remnants: Iterable[str]) -> list[str]:
    """Purge those of the packages ``names`` that can go without anything else going; return the others.

    Those in ``remnants`` were here as configuration alone, and become so again. So does a package with one of the files
    ``sparing`` as its configuration: that file was there before the package.
    """
    names = set(names)
    if not names:
        return []
    status, owners = read_status(), parse_conffiles(DPKG_STATUS.read_text(encoding="utf-8", errors="replace"))
    spared = {*remnants, *(owners[path] for path in sparing if path in owners)}
    here = names.intersection({*status.versions, *status.halfway})
    if here and not spared & here:
        if _purge_alone({*here, *names.intersection(status.remnants)} - spared):
            return []
        status = read_status()  # it may have gone some of the way
        here = names.intersection({*status.versions, *status.halfway})
    going = _removable(sorted(here))
    if removed := sorted(spared.intersection(going)):
        get(*_NOTHING_BESIDE, "remove", *removed)
    if purged := sorted({*going, *names.intersection(status.remnants)} - spared):
        get(*_NOTHING_BESIDE, "purge", *purged)
    return sorted(here - set(going))


def _purge_alone(names: Collection[str]) -> bool:
    """Purge packages if nothing else comes or goes with them; tell whether that was done."""
    try:
        get(*_NOTHING_BESIDE, *apt_hook.going(sorted(names)), "purge", *sorted(names))
    except BusyError:
        raise
    except BongsuError:  # something needs one of them, and only a simulation tells which
        return False
    return True


def timers_of(names: Iterable[str]) -> list[str]:
    """List the timers that are part of installed packages: what systemd notes of them, no package takes away."""
    info = DPKG_STATUS.with_name("info")
    lists = [path for name in names for path in (info / f"{name}.list", *info.glob(f"{name}:*.list"))]
    files = [Path(line) for path in lists for line in lines(path)]
    return sorted(file.name for file in files if file.suffix == ".timer" and file.parent.name == "system")


def lines(path: Path) -> list[str]:
    """Read a list of dpkg's; a package need not have it."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def _removable(going: list[str]) -> list[str]:
    """Leave out of installed packages those that something else needs."""
    while going and _taken_along(going, going):
        free = [name for name in going if not _taken_along([name], going)]
        going = free if len(free) < len(going) else going[1:]  # only together do they take something along
    return going


def _taken_along(names: list[str], going: list[str]) -> set[str]:
    """Ask apt what would come or go with the removal of ``names``, beside ``going``."""
    try:
        text = get("--simulate", *_NOTHING_BESIDE, "purge", *names)
    except BongsuError:  # something essential, or held, needs them
        return set(names)
    return (parse_removal(text) | set(parse_simulation(text).new)) - set(going)


def get(*arguments: str) -> str:
    """Run apt-get as everything here does; return what it said, or raise BongsuError with that."""
    return _require([*_APT, *arguments])


def _require(command: list[str]) -> str:
    return _checked(command, _run(command))


def _run(command: list[str], env: Mapping[str, str] | None = None) -> host.Output:
    return host.run(command, timeout=APT_SECONDS, env={"DEBIAN_FRONTEND": "noninteractive", **(env or {})})


def _checked(command: list[str], output: host.Output) -> str:
    """Return what a command said; raise BongsuError with the end of it where it failed."""
    if output.status != 0:
        said = [line for line in output.text.splitlines() if not line.startswith(_CHATTER)]
        shown = " ".join(word for word in command if word not in _APT[1:] and not word.startswith("-o"))
        words = "\n".join([f"'{shown}' failed (exit status {output.status}):", *said[-_WORDS:]])
        raise (BusyError if _LOCKED in output.text else BongsuError)(words)
    return output.text
