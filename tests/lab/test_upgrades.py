"""Real apt and dpkg: a pin holds, an upgrade comes when it is asked for, and one that is not healthy goes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
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


@pytest.fixture(scope="module")
def both(upgrades, tmp_path_factory):
    for host in RELEASES:
        upgrades.lab.run(host, ["sh", "-s", "build"], stdin=SCRIPT, check=True)
    return Hosts(upgrades, tmp_path_factory.mktemp("upgrades") / "play.yml")


@pytest.fixture
def hosts(both):
    yield both
    both.changes(state="absent", packages=[], files=[], units=[], health=[])
    assert both.ask("dpkg --audit; apt-mark showhold") == ""


def test_a_pinned_version_is_installed_and_held_until_it_is_no_longer_pinned(hosts):
    hosts.publish("1.0", "2.0")
    assert hosts.changes(pin="1.0")
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=1.0 beacon=1.0", "beacon 1.0")
    assert hosts.ask("apt-mark showhold; apt-mark showmanual | grep beacon") == "beacon\nbeacon"
    assert not hosts.changes(pin="1.0")
    assert not hosts.changes(pin="1.0", upgrade=True)
    hosts.ask("apt-get --yes upgrade && apt-get --yes dist-upgrade")
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=1.0 beacon=1.0", "beacon 1.0")
    assert hosts.changes()
    assert (hosts.versions(), hosts.ask("apt-mark showhold")) == ("beacon-oil=1.0 beacon=1.0", "")
    assert not hosts.changes()
    assert hosts.changes(upgrade=True)
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")
    assert not hosts.changes(upgrade=True)
    assert not hosts.changes()


def test_a_pin_brings_a_version_down_and_up_again(hosts):
    hosts.publish("1.0", "2.0")
    assert hosts.changes()
    for pin in ("1.0", "2.0"):
        assert hosts.changes(pin=pin)
        assert (hosts.versions(), hosts.runs()) == (f"beacon-oil={pin} beacon={pin}", f"beacon {pin}")
        assert hosts.ask("apt-mark showhold; apt-mark showmanual | grep beacon") == "beacon\nbeacon"
        assert not hosts.changes(pin=pin)


@pytest.mark.parametrize(
    ("newest", "words"),
    [("3.0", "http http://127.0.0.1:8765/: answered 503, wanted 200"), ("4.0", "the postinst of 4.0 gave up")],
)
def test_an_upgrade_that_is_not_good_goes_back(hosts, newest, words):
    hosts.publish("2.0")
    assert hosts.changes()
    hosts.publish("2.0", newest)
    before = hosts.look()
    for _ in range(2):
        told = hosts.fails(upgrade=True)
        assert words in told
        assert told.endswith("Everything was put back as before.")
        assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")
        assert hosts.ask("dpkg --audit") == ""
        assert hosts.look() ^ before == set()
    assert not hosts.changes()


def test_a_first_installation_that_is_not_good_leaves_nothing(hosts):
    hosts.publish("2.0", "4.0")
    before = hosts.look()  # bongsu itself stays: it is a component of its own
    told = hosts.fails()
    assert "the postinst of 4.0 gave up" in told
    assert told.endswith("Everything was put back as before.")
    assert (hosts.versions(), hosts.ask("dpkg --audit")) == ("", "")
    assert [line for line in hosts.look() ^ before if "bongsu" not in line] == []


def test_where_apt_no_longer_has_the_version_before_it_says_so_and_what_is_left_runs(hosts):
    hosts.publish("2.0")
    assert hosts.changes()
    hosts.publish("3.0")
    told = hosts.fails(upgrade=True)
    assert "answered 503, wanted 200" in told
    assert "Not everything could be put back: the packages are not all as they were" in told
    assert "E: Version '2.0' for 'beacon' was not found" in told
    for upgrade in (False, True):
        assert hosts.versions() == "beacon-oil=3.0 beacon-wick=3.0 beacon=3.0"
        assert hosts.ask("dpkg --audit; ls /usr/sbin/policy-rc.d 2>/dev/null; systemctl is-active beacon") == "active"
        assert (hosts.runs(), hosts.ask("cat /etc/beacon.conf")) == ("beacon 3.0", "OIL=ours")
        told = hosts.fails(upgrade=upgrade)
        assert "answered 503, wanted 200" in told
        assert "An earlier run could not put it back" in told
    assert "package_doubtful" in hosts.ask("python3 -I /usr/lib/bongsu/bongsu drift || true")
    hosts.publish("2.0")
    assert hosts.changes(pin="2.0")
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon-wick=3.0 beacon=2.0", "beacon 2.0")
    assert not hosts.changes(pin="2.0")


def test_what_apt_has_fetched_once_needs_no_repository_to_come_back(hosts):
    hosts.publish("2.0")
    assert hosts.changes()
    hosts.ask("cp /srv/beacon/beacon_2.0_all.deb /srv/beacon/beacon-oil_2.0_all.deb /var/cache/apt/archives/")
    hosts.publish("3.0")
    before = hosts.look()
    assert hosts.fails(upgrade=True).endswith("Everything was put back as before.")
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")
    assert hosts.look() ^ before == set()
    hosts.ask("apt-get clean")
