"""Real apt and dpkg: a pin holds, an upgrade comes when it is asked for, and one that is not healthy goes back."""

from __future__ import annotations

import pytest
from beacon_hosts import beacon_hosts


@pytest.fixture(scope="module")
def both(upgrades, tmp_path_factory):
    return beacon_hosts(upgrades, tmp_path_factory.mktemp("upgrades"))


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
    try:
        hosts.publish("3.0")
        before = hosts.look()
        assert hosts.fails(upgrade=True).endswith("Everything was put back as before.")
        assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")
        assert hosts.look() ^ before == set()
    finally:
        hosts.ask("apt-get clean")
