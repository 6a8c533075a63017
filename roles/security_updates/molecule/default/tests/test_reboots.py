import datetime as dt
import json
import re

import pytest
import testinfra
from lab_side import ADDRESSES, INVENTORY, until
from updating import BONGSU, TEXTFILES, converge, metrics

from bongsu.lab import Lab

SETTINGS = "/etc/bongsu/updates.json"


def opening(name):
    """Return when the first window of the day opens, for this host's to have opened ten minutes ago."""
    place = sorted(ADDRESSES).index(name)
    return f"{dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10 + 60 * place):%H:%M}"


def opens(host, time_of_day):
    """Have the host's window open at another time of day."""
    settings = json.loads(host.file(SETTINGS).content_string)
    settings["window"]["start"] = f"{time_of_day:%H:%M}"
    host.run_expect([0], f"echo '{json.dumps(settings)}' > {SETTINGS}")


@pytest.fixture
def own_settings(host):
    """Give the host back the settings that it has."""
    host.run_expect([0], f"cp --preserve {SETTINGS} /root/updates.json")
    yield
    host.run_expect([0], f"mv /root/updates.json {SETTINGS}")


def stopped(lab, name):
    return [one.state for one in lab.status() if one.name == name] == ["stopped"]


@pytest.fixture
def peer(name):
    """Have both hosts do their work, and return the other one."""
    hosts = {one: testinfra.get_host(f"ansible://{one}", ansible_inventory=str(INVENTORY)) for one in ADDRESSES}
    for one in hosts.values():
        one.run_expect([0], "systemctl start nginx.service")
    yield next(hosts[one] for one in hosts if one != name)
    for one in hosts.values():
        one.run_test("systemctl stop nginx.service")


def test_it_reboots_only_within_its_window_and_while_its_peer_is_well(host, name, peer):
    def would():
        return host.check_output(f"{BONGSU} reboot --dry-run")

    lab = Lab.load(INVENTORY)
    host.run_test(f"mkdir -p {TEXTFILES}; echo linux-image > /run/reboot-required.pkgs; touch /run/reboot-required")
    try:
        opens(host, dt.datetime.now(dt.UTC) + dt.timedelta(hours=6))
        assert "must reboot for linux-image, outside of its window; the next opens" in would()
        host.run_expect([0], "systemctl start bongsu-reboot.service")  # what a person could do by mistake

        assert converge(name, security_updates_from=opening(name), security_updates_reboot="never").returncode == 0
        assert "is told not to do so by itself" in would()
        assert host.run("systemctl cat bongsu-reboot.timer").rc == 1

        assert converge(name, security_updates_from=opening(name)).returncode == 0
        assert would() == "would reboot for linux-image"
        peer.run_expect([0], "systemctl stop nginx.service")
        refusal = re.compile(r"does not: debian1[23]: port 80: .*refused")
        assert refusal.search(would())
        host.run_expect([0], f"{BONGSU} updates --textfile")
        assert 'bongsu_reboot_required_since_timestamp_seconds{why="linux-image",helps="yes"}' in metrics(host)

        host.run_expect([0], "systemctl start --no-block bongsu-reboot.service")
        assert until(lambda: "port 80" in host.run("journalctl --unit=bongsu-reboot.service").stdout)
        assert not stopped(lab, name)
        peer.run_expect([0], "systemctl start nginx.service")
        assert until(lambda: stopped(lab, name))  # as far as a container can reboot by itself
        lab.start(name)
        assert would() == "no reboot is needed"  # it was for the last boot
    finally:
        if stopped(lab, name):
            lab.start(name)
        host.run_test("rm -f /run/reboot-required*")
    assert "reboots for linux-image" in host.check_output("journalctl --unit=bongsu-reboot.service")
    host.run_expect([0], f"{BONGSU} updates --textfile")
    assert not any("reboot_required" in series for series in metrics(host))
    host.run_test("rm -rf /var/lib/prometheus")
    assert converge(name).returncode == 0


@pytest.mark.parametrize(
    ("busy", "words"),
    [
        ("flock /var/lib/bongsu/lock", "a run of bongsu is changing this host"),
        ("python3 -c 'import fcntl, subprocess, sys; lock = open(\"/var/lib/dpkg/lock-frontend\", \"w\"); "
         "fcntl.lockf(lock, fcntl.LOCK_EX); sys.exit(subprocess.call(sys.argv[1:]))'", "packages are being installed"),
        ("script --quiet --command", "somebody works at /dev/pts/"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("own_settings", "peer")
def test_it_disturbs_nobody(host, busy, words):
    opens(host, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5))
    host.run_test("touch /run/reboot-required")
    try:
        command = f"'{BONGSU} reboot --dry-run'" if "script" in busy else f"{BONGSU} reboot --dry-run"
        assert words in host.run(f"{busy} {command}").stdout
        assert "would reboot" in host.run(f"{BONGSU} reboot --dry-run").stdout
    finally:
        host.run_test("rm -f /run/reboot-required")
