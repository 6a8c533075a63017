"""Hosts of each release with a home-made daemon, `beacon`, whose packages come from a repository of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from operator_side import said

SCRIPT = (Path(__file__).parent / "beacon.sh").read_text()
RELEASES = ("debian12", "debian13")
COMPONENT = {
    "name": "beacon",
    "packages": ["beacon"],
    "files": [{"dest": "/etc/beacon.conf", "content": "OIL=ours\n"}],
    "units": [{"name": "beacon.service"}],
    "health": [{"http": {"url": "http://127.0.0.1:8765/"}}],
    "deadline": 5,
}
# What undoing must bring back, beside the daemon: files, packages with their holds and marks, units, what was started.
LOOK = """
find /etc /usr/lib/beacon /usr/lib/systemd/system /usr/sbin/policy-rc.d /var/lib/bongsu /var/lib/dpkg/info/beacon* \
  /var/lib/systemd/deb-systemd-helper-enabled -type f -not -path '*/lib/bongsu/l*' -exec sha256sum {} + 2>/dev/null
dpkg-query --show --showformat='${db:Status-Abbrev} ${Package} ${Version}\\n'
apt-mark showauto; apt-mark showhold; systemctl is-enabled beacon.service; systemctl is-active beacon.service
"""
GET = """
import http.client
connection = http.client.HTTPConnection("127.0.0.1:8765")
connection.request("GET", "/")
print(connection.getresponse().read().decode())
"""


class Hosts:
    """Both hosts at once: what is asked of them, they answer alike."""

    def __init__(self, operator: Any, playbook: Path) -> None:
        self.operator, self.playbook = operator, playbook

    def converge(self, pin: str | None = None, *, upgrade: bool = False, **component: Any) -> Any:
        """Converge the beacon; return the result of the run."""
        task = {"name": "Converge the beacon", "component": COMPONENT | component}
        play = [{"name": "Trial", "hosts": "all", "gather_facts": False, "tasks": [task]}]
        self.playbook.write_text(yaml.safe_dump(play))
        more = {"bongsu_package_versions": {"beacon": pin} if pin else {}, "bongsu_upgrade": upgrade}
        return self.operator.run(str(self.playbook), extra_vars=more)

    def changes(self, *arguments: Any, **options: Any) -> bool:
        """Converge the beacon, which must succeed; tell whether that changed the hosts."""
        result = self.converge(*arguments, **options)
        assert result.status == "ok", said(result)
        changed = {host.changed for host in result.hosts.values()}
        assert len(changed) == 1, result.hosts
        return bool(changed.pop())

    def fails(self, *arguments: Any, **options: Any) -> str:
        """Converge the beacon, which must fail; return what both hosts say of it."""
        result = self.converge(*arguments, **options)
        assert result.status == "failed", said(result)
        words = {failure.message for host in result.hosts.values() for failure in host.failures}
        assert len(result.hosts) == len(RELEASES)
        return "\n=\n".join(sorted(words))

    def ask(self, script: str, *, check: bool = True) -> str:
        """Run a script on both hosts, and return what both print."""
        told = {host: self.operator.lab.run(host, script, check=check).stdout.strip() for host in RELEASES}
        assert len(set(told.values())) == 1, told
        return told[RELEASES[0]]

    def publish(self, *versions: str) -> None:
        for host in RELEASES:
            self.operator.lab.run(host, ["sh", "-s", "publish", *versions], stdin=SCRIPT, check=True)

    def look(self) -> set[str]:
        return {f"{host} {line}" for host in RELEASES for line in self.operator.lab.run(host, LOOK).stdout.splitlines()}

    def versions(self) -> str:
        query = "dpkg-query --show --showformat='${db:Status-Status} ${Package}=${Version}\n' 'beacon*'"
        return " ".join(sorted(line.split()[1] for line in self.ask(query, check=False).splitlines()))

    def runs(self) -> str:
        """Return what the running daemon says of itself."""
        return self.ask(f"python3 -c '{GET}'")


def beacon_hosts(operator: Any, directory: Path) -> Hosts:
    """Give the hosts of a lab every version of the beacon, and nothing else to install."""
    for host in RELEASES:
        operator.lab.run(host, ["sh", "-s", "build"], stdin=SCRIPT, check=True)
    return Hosts(operator, directory / "play.yml")
