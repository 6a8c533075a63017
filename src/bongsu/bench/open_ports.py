"""What nmap, which is not ours, finds open from a stranger's machine once the role `firewall` has been there."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import yaml

from bongsu.bench import Figure, _play, _victims
from bongsu.errors import BongsuError
from bongsu.lab import machine
from bongsu.testing import tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bongsu.bench._victims import Victim

WANTED = "22/tcp"
# What listens on the hosts, to be found before the firewall comes and not after: the ports of a web server (nginx's
# own), databases, caches, exporters, names, measurements.
SERVICES = ("3306", "5432", "6379", "9090", "9093", "9100", "11211", "53/udp", "161/udp", "5353/udp", "51820/udp")
NGINX = "80"
_PROGRAM = "/usr/local/lib/bongsu-services.py"
_SCAN = ("--max-retries", "2", "--min-rate", "2000", "-n", "-Pn", "-oG", "-")
_PORT = re.compile(r"(\d+)/open/(tcp|udp)/")


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Scan hosts of every release, by both versions of IP, before and after; count what is open beside SSH."""
    if shutil.which("nmap", path=machine.SEARCH_PATH) is None:
        say("installing nmap")
        tools.install(["nmap"])
    found: dict[str, dict[str, list[str]]] = {"before": {}, "after": {}}
    with _victims.victims(2, say) as victims:
        for victim in victims:
            _serve(victim)
        for moment, seen in found.items():
            if moment == "after":
                _close(victims)
            with ThreadPoolExecutor(max_workers=len(victims)) as pool:
                for victim, ports in zip(victims, pool.map(scan, victims), strict=True):
                    release = victim.lab.spec.host(victim.name).release
                    seen[release] = ports
                    say(f"Debian {release}, {moment}: {', '.join(ports)}")
            require(moment, seen)
    value = sum(len({*ports} - {f"{WANTED} over {ip}" for ip in ("IPv4", "IPv6")}) for ports in found["after"].values())
    return Figure(value, value <= bar, found)


def require(moment: str, seen: dict[str, list[str]]) -> None:
    """Raise BongsuError where a scan has missed what surely is there: its silence would say nothing."""
    there = {WANTED} if moment == "after" else {WANTED, *(_written(port) for port in (NGINX, *SERVICES))}
    for release, ports in seen.items():
        missed = sorted({f"{port} over {ip}" for port in there for ip in ("IPv4", "IPv6")} - {*ports})
        if missed:
            raise BongsuError(f"Debian {release}, {moment}: nmap did not see {', '.join(missed)}")


def scan(victim: Victim) -> list[str]:
    """Return the open ports that a machine beside the host finds: all of TCP, and of UDP those that are in use."""
    bridge = (victim.lab.podman.network(victim.lab.name) or {})["network_interface"]
    local = link_local(victim.lab.spec.host(victim.name).mac)
    udp = ",".join(port.removesuffix("/udp") for port in SERVICES if port.endswith("/udp"))
    what = (("-sS", "-p-"), ("-sU", "-p", udp))
    targets = (("IPv4", victim.address), ("IPv6", "-6", f"{local}%{bridge}"))
    return [f"{port} over {ip}" for ip, *target in targets for how in what for port in _nmap(*how, *target)]


def open_ports(report: str) -> list[str]:
    """Read nmap's greppable report: what answered as open. One that is silent is none."""
    return [f"{port}/{protocol}" for port, protocol in _PORT.findall(report)]


def link_local(mac: str) -> str:
    """Return the IPv6 address that the kernel makes of a hardware address (RFC 4291, appendix A)."""
    first, *rest = (int(part, 16) for part in mac.split(":"))
    identifier = bytes([first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + identifier))


def _nmap(*arguments: str) -> Iterable[str]:
    command = ["nmap", *_SCAN, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=machine.environment())
    if done.returncode != 0 or "Nmap done" not in done.stdout:
        raise BongsuError(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return open_ports(done.stdout)


def _written(port: str) -> str:
    return port if "/" in port else f"{port}/tcp"


def _serve(victim: Victim) -> None:
    victim.place(_PROGRAM, (_victims.HOST_SIDE / "services.py").read_text())
    victim.inside("systemctl", "start", "nginx.service")
    victim.inside("systemd-run", "--unit=services", "/usr/bin/python3", _PROGRAM, *SERVICES)


def _close(victims: list[Victim]) -> None:
    play = {
        "name": "Filter what comes in",
        "hosts": "all",
        "gather_facts": False,
        "roles": ["firewall"],
        "vars": {"firewall_close": [NGINX, *SERVICES]},
    }
    path = victims[0].work / "firewall.yml"
    path.write_text(yaml.safe_dump([play]))
    _play.playbook(victims[0].lab, path).require_ok()
