"""What the first converge of a fresh host costs, against a shell script that leaves the same packages, files and units.

The script is what somebody in a hurry writes: one ssh, one `apt-get install`, one tar, one restart. It checks nothing,
starts the daemons once with their packages' configuration before it brings ours, and asks nobody whether they are
well. Its tar holds the host's key and certificate, which a converge has to make and to sign, and it registers the host
with no monitor, as `site.yml --limit HOST` does. Both sides fetch every .deb anew, from the same archive; the package
lists are made to look a day old, as a fresh server's are at best, and both sides renew them for being older than an
hour.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bongsu.bench import Figure, _builtin, _play
from bongsu.bench._fleet import fleet
from bongsu.errors import BongsuError
from bongsu.lab import container

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bongsu.bench._fleet import Fleet
    from bongsu.lab import Lab

HOSTS = 4  # two monitors that are there before, a server of each release
SERVERS = ("server1", "server2")
MONITOR = "monitor2"  # told in the detail; the bar is the servers'
RUNS = 3
MOST_LISTS_MINUTES = 60  # as in the component's own packages
KEY = "/etc/bongsu/tls/host.key"  # made by the action host_certificate, and so in no manifest
GROUP = "bongsu-tls"  # likewise
_LISTS = "/var/lib/apt/lists /var/lib/apt/lists/partial"


@dataclass(frozen=True)
class Wanted:
    """What a converged host has: the packages and units named, and a tar of the files."""

    packages: tuple[str, ...]
    units: tuple[str, ...]
    tar: bytes
    installed: frozenset[str]  # every package on the host


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Converge each host and run the script on it by turns, the host made anew before each."""
    seconds: dict[str, dict[str, list[float]]] = {}
    with fleet(say) as hosts:
        hosts.grow(HOSTS)
        for name in (*SERVERS, MONITOR):
            say(f"{name}: once for the tar, not counted")
            _converge(hosts, name)
            seconds[name] = _play.alternate(_ways(hosts, name, _read(hosts.lab, name)), RUNS, say)
    return judge(bar, seconds)


def judge(bar: float, seconds: Mapping[str, Mapping[str, list[float]]]) -> Figure:
    """Return the figure of the wall times by host: the worse of the servers' ratios counts."""
    medians = {host: _play.medians(found) for host, found in seconds.items()}
    ratios = {host: found["converge"] / found["script"] for host, found in medians.items()}
    value = max(ratios[host] for host in SERVERS)
    detail: dict[str, Any] = {
        "archives": "package lists renewed and every .deb fetched by both sides",
        "seconds": {host: _play.rounded(found) for host, found in seconds.items()},
        "ratio": {host: round(ratio, 3) for host, ratio in ratios.items()},
    }
    return Figure(value, value < bar, detail)


def script(packages: Sequence[str], units: Sequence[str]) -> str:
    """Return the shell script; its standard input is the tar."""
    wanted, started = shlex.join(packages), shlex.join(units)
    return f"""set -eu
export DEBIAN_FRONTEND=noninteractive
[ -n "$(find {_LISTS} -maxdepth 0 -mmin -{MOST_LISTS_MINUTES} 2>/dev/null)" ] || apt-get update -qq </dev/null
apt-get install -qq -y --no-install-recommends {wanted} </dev/null >/dev/null
getent group {GROUP} >/dev/null || groupadd --system {GROUP}
tar -xpf - -C /
systemctl daemon-reload
systemctl enable --quiet {started}
systemctl restart {started}
systemctl is-active --quiet {started}
"""


def _ways(hosts: Fleet, name: str, wanted: Wanted) -> dict[str, Callable[[], float]]:
    def by_script() -> float:
        _renew(hosts, name)
        argv = hosts.lab.ssh_argv(name, script(wanted.packages, wanted.units))
        done, seconds = _play.timed(argv, {}, stdin=wanted.tar)
        if done.returncode != 0:
            raise BongsuError(f"{name}: the script failed:\n{done.stderr}")
        differs = _installed(hosts.lab, name) ^ wanted.installed
        if differs:
            raise BongsuError(f"{name}: the two sides do not leave the same packages: {', '.join(sorted(differs))}")
        return seconds

    return {"converge": lambda: _converge(hosts, name), "script": by_script}


def _converge(hosts: Fleet, name: str) -> float:
    _renew(hosts, name)
    run = _play.site(hosts.lab, "--limit", name).require_ok()
    if not run.changed[name]:
        raise BongsuError(f"{name}: nothing was to be done on a host made anew")
    return run.seconds


def _renew(hosts: Fleet, name: str) -> None:
    """Make a host anew, its package lists of yesterday, and let both sides begin without an open connection."""
    hosts.lab.close_connections()
    container.remove(hosts.lab.podman, f"{hosts.lab.name}-{name}")
    hosts.lab.up()
    hosts.lab.run(name, f"touch --date=yesterday {_LISTS}", check=True)


def _read(lab: Lab, name: str) -> Wanted:
    """Read what a converged host has."""
    manifests = _builtin.read(lab, name).manifests
    packages = sorted({package["name"] for manifest in manifests for package in manifest["packages"]})
    units = sorted({unit["name"] for manifest in manifests for unit in manifest["units"] if unit["started"]})
    dests = {file["dest"]: None for manifest in manifests for file in manifest["files"] if file["state"] != "absent"}
    words = shlex.join([*dests, KEY])
    tar = subprocess.run(
        lab.ssh_argv(name, f"tar -cf - --absolute-names --no-recursion {words}"), capture_output=True, check=True
    )
    return Wanted(tuple(packages), tuple(units), tar.stdout, _installed(lab, name))


def _installed(lab: Lab, name: str) -> frozenset[str]:
    """Return the names of all packages on a host."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev}${Package}\n"]
    lines = lab.run(name, query, check=True).stdout.splitlines()
    return frozenset(line[3:] for line in lines if line.startswith("ii"))
