"""dpkg itself is killed while it unpacks: whoever comes next makes the package whole, or takes it away."""

from __future__ import annotations

import pytest
from beacon_hosts import RELEASES, beacon_hosts

# In dpkg-deb's place for the dpkg that apt-get runs. The package NAME of which there is a script /run/cut/NAME comes by
# half, and the script decides what dies: $dpkg, its parent $apt, or the $run whose child that is.
CUTTER = r"""#!/bin/sh
name=${2##*/} name=${name%%_*}
if [ "$1" = --fsys-tarfile ] && [ -e "/run/cut/$name" ]; then
    mv "/run/cut/$name" /run/cut/now
    /usr/bin/dpkg-deb "$@" | head --bytes=4096
    sleep 0.5 # until dpkg has written what it got
    dpkg=$PPID
    read -r _ _ _ apt _ <"/proc/$dpkg/stat"
    read -r _ _ _ run _ <"/proc/$apt/stat"
    . /run/cut/now
    exit 1
fi
exec /usr/bin/dpkg-deb "$@"
"""
PREPARE = f"""
install -D /dev/stdin /opt/cut/dpkg-deb <<'END'
{CUTTER}END
echo 'DPkg::Path "/opt/cut:/usr/sbin:/usr/bin:/sbin:/bin";' >/etc/apt/apt.conf.d/90cut
mkdir -p /run/cut
"""
DPKG, ALL = "kill -9 $dpkg", "kill -9 $run $apt $dpkg"
LEFT = "dpkg --audit; find /etc /usr /var/lib -xdev -name '*.dpkg-new'; ls /usr/sbin/policy-rc.d 2>/dev/null || true"
SETTLED_WITHIN = 90.0  # seconds: the dead man's switch wakes up after 10, and then apt works


@pytest.fixture(scope="module")
def both(upgrades, tmp_path_factory):
    hosts = beacon_hosts(upgrades, tmp_path_factory.mktemp("torn"))
    hosts.ask(PREPARE)
    return hosts


@pytest.fixture
def hosts(both):
    yield both
    both.ask("rm -f /run/cut/*")
    both.changes(state="absent", packages=[], files=[], units=[], health=[])
    assert both.ask(LEFT) == ""


def cut(hosts, package, script):
    hosts.ask(f"mkdir -p /run/cut && cat >/run/cut/{package} <<'END'\n{script}\nEND")


def was_cut(hosts):
    """Tell whether dpkg was cut off since the last cut() on each host."""
    return hosts.ask("ls /run/cut") == "now"


def settled(hosts):
    """Tell whether nothing waits to be undone on either host."""
    journals = "ls /var/lib/bongsu/journal"
    return not any(hosts.operator.lab.run(host, journals, check=True).stdout for host in RELEASES)


def unlike(hosts, before):
    """List what is not as before, the toolkit apart: it is a component of its own."""
    return [line for line in hosts.look() ^ before if "bongsu" not in line]


@pytest.mark.parametrize("package", ["beacon", "beacon-oil"])
def test_what_a_run_was_bringing_goes_again_and_the_next_run_brings_it(hosts, package):
    hosts.publish("2.0")
    before = hosts.look()
    cut(hosts, package, DPKG)
    told = hosts.fails()
    assert was_cut(hosts)
    assert "dpkg exited unexpectedly" in told
    assert told.endswith("Everything was put back as before.")
    assert (hosts.versions(), hosts.ask(LEFT), unlike(hosts, before)) == ("", "", [])
    assert hosts.changes()
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")
    assert not hosts.changes()


def test_it_goes_too_where_no_repository_has_it_any_more(hosts):
    hosts.publish("2.0")
    before = hosts.look()
    cut(hosts, "beacon", f"mv /srv/beacon/beacon_2.0_all.deb /srv/; {DPKG}")
    told = hosts.fails()
    hosts.ask("mv /srv/beacon_2.0_all.deb /srv/beacon/")
    assert told.endswith("Everything was put back as before.")
    assert (hosts.versions(), hosts.ask(LEFT), unlike(hosts, before)) == ("", "", [])
    assert hosts.ask("ls -d /usr/lib/beacon 2>/dev/null || true") == ""
    assert hosts.changes()
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")


@pytest.mark.parametrize("package", ["beacon", "beacon-oil"])
def test_an_upgrade_that_was_cut_off_goes_back(hosts, package):
    hosts.publish("1.0")
    assert hosts.changes()
    hosts.publish("1.0", "2.0")
    before = hosts.look()
    cut(hosts, package, DPKG)
    assert hosts.fails(upgrade=True).endswith("Everything was put back as before.")
    assert was_cut(hosts)
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=1.0 beacon=1.0", "beacon 1.0")
    assert (hosts.look() ^ before, hosts.ask(LEFT)) == (set(), "")
    assert not hosts.changes()


def test_where_the_version_before_is_gone_the_newer_one_stays_and_is_whole(hosts):
    hosts.publish("1.0")
    assert hosts.changes()
    hosts.publish("2.0")
    cut(hosts, "beacon", DPKG)
    told = hosts.fails(upgrade=True)
    assert was_cut(hosts)
    assert "Not everything could be put back: the packages are not all as they were" in told
    assert (hosts.versions(), hosts.ask(LEFT)) == ("beacon-oil=2.0 beacon=2.0", "")
    assert hosts.changes()
    assert (hosts.versions(), hosts.runs()) == ("beacon-oil=2.0 beacon=2.0", "beacon 2.0")


def test_a_run_that_dies_with_dpkg_is_undone_by_the_host_itself(hosts, eventually):
    hosts.publish("2.0")
    before = hosts.look()
    cut(hosts, "beacon", ALL)
    assert hosts.converge().status != "ok"
    assert was_cut(hosts)
    eventually(lambda: settled(hosts), SETTLED_WITHIN)
    assert (hosts.versions(), hosts.ask(LEFT), unlike(hosts, before)) == ("", "", [])


def test_a_host_whose_power_goes_meanwhile_is_as_before_once_it_has_booted(hosts, eventually):
    hosts.publish("1.0")
    assert hosts.changes()
    hosts.publish("1.0", "2.0")
    before = hosts.look()
    cut(hosts, "beacon", ALL)
    assert hosts.converge(upgrade=True).status != "ok"
    for host in RELEASES:
        hosts.operator.lab.kill(host)
    for host in RELEASES:
        hosts.operator.lab.start(host)
    eventually(lambda: settled(hosts), SETTLED_WITHIN)
    assert (hosts.versions(), hosts.ask(LEFT)) == ("beacon-oil=1.0 beacon=1.0", "")
    eventually(lambda: hosts.look() ^ before == set(), SETTLED_WITHIN)
    assert hosts.runs() == "beacon 1.0"


def test_what_somebody_else_left_torn_is_made_whole_by_the_next_run(hosts):
    hosts.publish("1.0")
    assert hosts.changes()
    hosts.publish("1.0", "2.0")
    cut(hosts, "beacon", DPKG)
    hosts.ask("apt-get --yes upgrade >/dev/null 2>&1 || true")
    assert was_cut(hosts)
    assert hosts.changes()
    assert hosts.ask(LEFT) == ""
    assert not hosts.changes()
