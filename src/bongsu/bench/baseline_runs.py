"""What the security baseline costs a host: to apply it first, and to find that there is nothing to do."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from bongsu.bench import Figure, _fleet, _hardening, _play, _victims
from bongsu.errors import BongsuError
from bongsu.lab import container
from bongsu.lab.spec import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.bench._victims import Victim
    from bongsu.lab import Lab

PROFILE = "small"
RUNS = 3
# Whatever a run would touch to no purpose, to the nanosecond.
_ETC = ("find", "/etc", "-xdev", "-printf", "%p %T@ %C@\n")
# The first look at all files goes on in the background when the first run has ended, on the processors of both.
_FIRST_LOOK = "until [ -e /var/lib/bongsu/data/file_integrity/aide.db ]; do sleep 1; done"
_FIRST_LOOK_SECONDS = 900.0


def measure_noop(bar: float, say: Callable[[str], None]) -> Figure:
    """Run site.yml on one host that has it all: the slower release's median wall time in seconds.

    Nobody applies the baseline without the rest, nor without the fast path; what each component's own look costs, as
    after a change of the code, is told besides.
    """
    readings: dict[str, list[float]] = {}
    full: dict[str, list[float]] = {}
    touched: dict[str, list[str]] = {}
    for release in sorted(RELEASES):
        with _fleet.alone(release, say) as lab:
            _play.site(lab).require_ok()
            lab.run(_fleet.ALONE, _FIRST_LOOK, check=True, timeout=_FIRST_LOOK_SECONDS)
            before = _etc(lab)
            _play.site(lab).require_unchanged()  # not counted: it opens the connection
            readings[release] = [_play.site(lab).require_unchanged().seconds for _ in range(RUNS)]
            full[release] = [_play.site(lab, *_play.FULL).require_unchanged().seconds for _ in range(RUNS)]
            touched[release] = sorted(before ^ _etc(lab))
        say(f"Debian {release}: {_median(readings[release]):.2f} s, {len(touched[release])} files of /etc touched")
        say(f"Debian {release}, everything gone through: {_median(full[release]):.2f} s")
    value = max(map(_median, readings.values()))
    detail = {
        "profile": PROFILE,
        "roles": _hardening.roles(),
        "seconds": _play.rounded(readings),
        "seconds_full": _play.rounded(full),
        "touched": touched,
    }
    return Figure(value, value < bar and not any(touched.values()), detail)


def measure_first(bar: float, say: Callable[[str], None]) -> Figure:
    """Run the baseline on a fresh host that has its packages downloaded: the slower release's median in seconds."""
    readings: dict[str, list[float]] = {}
    with _victims.victims(2, say) as victims:
        for victim in victims:
            release = _release(victim)
            fresh = _packages(victim)
            _apply(victim).require_ok()  # not counted: it tells which packages are wanted
            wanted = sorted(_packages(victim) - fresh)
            readings[release] = []
            for _ in range(RUNS):
                _renew(victim, wanted)
                readings[release].append(_apply(victim).require_ok().seconds)
                say(f"Debian {release}: {readings[release][-1]:.2f} s")
    value = max(map(_median, readings.values()))
    detail = {"profile": PROFILE, "roles": _hardening.roles(), "seconds": _play.rounded(readings)}
    return Figure(value, value < bar, detail)


def _apply(victim: Victim) -> _play.Run:
    return _play.playbook(victim.lab, _hardening.playbook(victim.work, PROFILE, victim.name))


def _renew(victim: Victim, packages: list[str]) -> None:
    """Make a host anew, with packages downloaded and not installed."""
    victim.lab.close_connections()
    container.remove(victim.lab.podman, victim.container)
    victim.lab.up()
    victim.inside("apt-get", "--quiet", "update")
    victim.inside("apt-get", "--quiet", "--yes", "--no-install-recommends", "--download-only", "install", *packages)
    if not _packages(victim).isdisjoint(packages):
        raise BongsuError(f"{victim.name}: packages that were to be downloaded alone are installed")


def _packages(victim: Victim) -> set[str]:
    return set(victim.inside("dpkg-query", "--show", "--showformat=${Package}\n").stdout.split())


def _etc(lab: Lab) -> set[str]:
    return set(lab.run(_fleet.ALONE, list(_ETC), check=True).stdout.splitlines())


def _release(victim: Victim) -> str:
    return victim.lab.spec.host(victim.name).release


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds)
