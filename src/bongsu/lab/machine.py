"""The machine below the lab: what it must have, and what it must not use already."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.errors import BadInput, BongsuError
from bongsu.lab import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
INSTANCES_A_HOST = 12  # systemd holds five for good, dbus one, a monitor's Prometheus three; others come and go
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Need:
    """A file that one of several paths must offer, and the Debian package that brings it."""

    package: str
    paths: tuple[str, ...]


RUNC = Need("runc", ("/usr/sbin/runc", "/usr/bin/runc"))
CRUN = Need("crun", ("/usr/bin/crun", *RUNC.paths))
NEEDS = (
    Need("podman", ("/usr/bin/podman",)),
    Need("netavark", ("/usr/lib/podman/netavark", "/usr/libexec/podman/netavark")),
    Need("iptables", ("/usr/sbin/iptables",)),
    Need("nftables", ("/usr/sbin/nft",)),
    Need("iproute2", ("/usr/bin/ip", "/usr/sbin/ip", "/bin/ip")),
    Need("mmdebstrap", ("/usr/bin/mmdebstrap",)),
    Need("debian-archive-keyring", ("/usr/share/keyrings/debian-archive-keyring.gpg",)),
    Need("openssh-client", ("/usr/bin/ssh",)),
)


def mirrors() -> tuple[str, str]:
    """Return the URIs of Debian's archive and of its security archive, as this machine's own apt has them."""
    found = _archives()
    if not {"Debian", "Debian-Security"} <= found.keys():
        subprocess.run(["apt-get", "update"], capture_output=True, check=False, env=environment())
        found = _archives()
    try:
        return found["Debian"], found["Debian-Security"]
    except KeyError as missing:
        raise BadInput(
            f"this machine's apt knows no archive labelled {missing}; add Debian's to /etc/apt/sources.list.d/ and run "
            "apt-get update: the lab's images are made from the same archives"
        ) from None


def _archives() -> dict[str, str]:
    argv = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Origin: Debian"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment with `extra` added, and PATH widened.

    This Python's own directory comes first (an inventory may hold a script of this project), the system's last (an
    operator's PATH may lack /usr/sbin).
    """
    path = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), SEARCH_PATH]
    return os.environ | {"PATH": ":".join(filter(None, path))} | extra


def missing_packages(exists: Callable[[str], bool] = os.path.exists, *, plain: bool | None = None) -> list[str]:
    """Return the Debian packages that the lab needs and this machine lacks.

    `plain` machines (see engine.py; found out when not given) need runc; elsewhere either runtime will do.
    """
    runtime = RUNC if (engine.Machine.here().plain if plain is None else plain) else CRUN
    return [need.package for need in (runtime, *NEEDS) if not any(exists(path) for path in need.paths)]


def install_missing(progress: Callable[[str, str], None]) -> None:
    """Install what is missing through apt. Raises BadInput when not root, BongsuError when apt fails."""
    require_root()
    install(missing_packages(), progress)


def install(packages: list[str], progress: Callable[[str, str], None]) -> None:
    """Install Debian packages, if any. Raises BadInput where there is no apt, BongsuError when it fails."""
    if not packages:
        return
    progress("machine", f"installing {' '.join(packages)}")
    env = environment(DEBIAN_FRONTEND="noninteractive")
    for command in (
        ["apt-get", "update", "--quiet"],
        ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        except FileNotFoundError:
            raise BadInput(f"this is no Debian machine (no apt-get); install {' '.join(packages)}") from None
        if done.returncode != 0:
            raise BongsuError(
                f"{' '.join(command)} failed:\n{done.stderr.strip()}\n"
                f"Install by hand: apt-get install {' '.join(packages)}"
            )


def make_room(hosts: int, progress: Callable[[str, str], None], limit: Path = INSTANCES) -> None:
    """Have the kernel allow as many inotify instances as so many hosts need, until the machine boots again.

    All hosts draw on one user's; without one, systemd starts no further than its first message, and a Prometheus never
    hears of new targets. `hosts` are those of all labs that are up.
    """
    wanted, allowed = hosts * INSTANCES_A_HOST, int(limit.read_text())
    if allowed >= wanted:
        return
    try:
        limit.write_text(f"{wanted}\n")
    except OSError as error:
        told = (
            f"{hosts} hosts need more than the {allowed} inotify instances that this kernel allows ({error.strerror})"
        )
        progress("machine", f"{told}; if they do not start: sysctl -w fs.inotify.max_user_instances={wanted}")
    else:
        progress("machine", f"raised fs.inotify.max_user_instances from {allowed} to {wanted} for {hosts} hosts")


def require_root(uid: int | None = None) -> None:
    """Raise BadInput unless root; the text says what to install by the way, to save a second round."""
    if (os.geteuid() if uid is None else uid) == 0:
        return
    packages = missing_packages()
    also = f" It will install: {' '.join(packages)}." if packages else ""
    raise BadInput(
        f"the lab needs root: its hosts are containers with addresses of their own. Run it again with sudo.{also}"
    )


def routes() -> list[dict[str, Any]]:
    """Return the machine's IPv4 routes, as `ip -json route` tells them."""
    done = subprocess.run(
        ["ip", "-4", "-json", "route", "show", "table", "all"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return list(json.loads(done.stdout or "[]"))


def conflict(subnet: ipaddress.IPv4Network, machine_routes: Iterable[dict[str, Any]]) -> str | None:
    """Return the route that already uses part of the subnet, or None."""
    for route in machine_routes:
        if route["dst"] == "default":
            continue
        try:
            used = ipaddress.IPv4Network(route["dst"])
        except ValueError:
            continue
        if used.prefixlen > 0 and used.overlaps(subnet):
            return f"{used} on {route.get('dev', '?')}"
    return None
