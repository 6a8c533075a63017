import datetime as dt
import json
import re
import time
from pathlib import Path

import pytest
import testinfra
from lab_side import ADDRESSES, INVENTORY, play, until

from bongsu.lab import Lab

CONVERGE = Path(__file__).parents[1] / "converge.yml"
SCRIPT = (Path(__file__).parent / "lamp.sh").read_text()
TEXTFILES = "/var/lib/prometheus/node-exporter"
BONGSU = "/usr/lib/bongsu/bongsu"
STAMPS = "/var/lib/apt/periodic"


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def script(host, *words):
    host.run_expect([0], f"sh -s {' '.join(words)} <<'LAMP'\n{SCRIPT}\nLAMP")


def versions(host):
    told = host.check_output("dpkg-query --show --showformat='${Package}=${Version}\n' liblamp oil wick")
    return dict(line.split("=") for line in told.splitlines())


def started(host, unit):
    return host.check_output(f"systemctl show --property=InvocationID --value {unit}")


def metrics(host, file="bongsu_updates.prom"):
    """Return the values of a file of metrics by series."""
    lines = host.file(f"{TEXTFILES}/{file}").content_string.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


@pytest.fixture
def lamps(host):
    """Have a lamp of version 1.0 burn on the host, and nothing come from anywhere else."""
    host.run_test(f"mkdir -p {TEXTFILES}")
    script(host, "build")
    script(host, "publish", "1.0")
    host.run_expect([0], "apt-get --quiet --yes install lamp liblamp oil wick && apt-mark hold wick")
    host.run_expect([0], "systemctl start lamp.service lamp-data.service")
    yield
    host.run_test("systemctl stop lamp.service lamp-data.service")
    script(host, "restore")
    host.run_test("rm -rf /var/lib/prometheus")


def test_what_is_for_security_comes_by_itself_and_what_uses_it_restarts(host, lamps):
    before = {unit: started(host, unit) for unit in ("lamp", "lamp-data")}
    script(host, "publish", "1.5")
    host.run_expect([0], "DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes install liblamp")
    assert {unit: started(host, unit) for unit in before} == before  # who installs by hand is only told

    script(host, "publish", "2.0")
    host.run_expect([0], f"{BONGSU} updates --textfile")
    waiting = metrics(host)
    assert waiting['bongsu_updates_waiting{security="yes"}'] == 2
    assert waiting['bongsu_updates_waiting{security="no"}'] == 1
    since = "bongsu_update_waiting_since_timestamp_seconds"
    assert f'{since}{{package="liblamp",security="yes",kept="no"}}' in waiting
    held = waiting[f'{since}{{package="wick",security="yes",kept="yes"}}']
    assert time.time() - held < 60

    began = time.time() - 1
    host.run_expect([0], "systemctl start apt-daily-upgrade.service")
    assert versions(host) == {"liblamp": "2.0", "oil": "1.0", "wick": "1.0"}
    assert started(host, "lamp") != before["lamp"]
    assert host.check_output("journalctl --unit=lamp.service --grep='^Started' --output=cat | wc -l") == "2"
    assert started(host, "lamp-data") == before["lamp-data"]

    after = metrics(host)  # the upgrade itself has written them anew
    assert after['bongsu_updates_waiting{security="yes"}'] == 1
    assert after[f'{since}{{package="wick",security="yes",kept="yes"}}'] == held
    assert f'{since}{{package="oil",security="no",kept="no"}}' in after
    assert 'bongsu_restart_wanted_since_timestamp_seconds{kind="service",name="lamp-data.service"}' in after
    assert not any('name="lamp.service"' in series for series in after)
    assert after['bongsu_updates_last_success_timestamp_seconds{what="upgrade"}'] >= began


def test_lists_count_as_fetched_when_all_of_them_were(host, lamps):
    host.run_expect([0], "systemctl start apt-daily.service")
    assert time.time() - host.file(f"{STAMPS}/update-stamp").mtime.timestamp() < 60
    host.run_test(f"touch --date=2020-01-01 {STAMPS}/update-stamp")
    host.run_test("echo 'deb http://127.0.0.1:9/ ./' > /etc/apt/sources.list.d/gone.list")
    host.run_expect([0], "systemctl start apt-daily.service")
    host.run_expect([0], f"{BONGSU} updates --textfile")
    fetched = metrics(host)['bongsu_updates_last_success_timestamp_seconds{what="lists"}']
    assert dt.datetime.fromtimestamp(fetched).year in (2019, 2020)
    assert host.run("apt-get update").rc == 0  # who does it by hand is not stopped by one archive


def test_an_origin_that_another_file_adds_is_told(host):
    later = "/etc/apt/apt.conf.d/99zzz-later"
    host.run_test(f"""echo 'Unattended-Upgrade::Origins-Pattern {{ "origin=Debian"; }};' > {later}""")
    try:
        said = host.run(f"{BONGSU} controls")
        assert said.rc == 1
        assert "updates.origins: Unattended-Upgrade::Origins-Pattern is" in said.stdout
        host.run_test(f"""echo 'Unattended-Upgrade::Package-Blacklist {{ "linux-"; }};' > {later}""")
        assert (
            "updates.kept: Unattended-Upgrade::Package-Blacklist still has linux-"
            in host.run(f"{BONGSU} controls").stdout
        )
    finally:
        host.run_test(f"rm {later}")
    assert host.run(f"{BONGSU} controls").rc == 0


def test_what_stops_it_is_told_and_the_next_run_repairs_it(host, name):
    host.run_test("systemctl disable --now apt-daily-upgrade.timer")
    host.run_test("echo '$nrconf{restart} = \"a\";' > /etc/needrestart/conf.d/z.conf")
    said = host.run(f"{BONGSU} controls").stdout
    assert "updates.automatic: apt-daily-upgrade.timer is 'inactive disabled'" in said
    assert "updates.restart: restart is 'a', and should be 'l'" in said
    host.run_test("rm /etc/needrestart/conf.d/z.conf")
    done = converge(name)
    assert "changed=1" in done.stdout, done.stdout
    assert host.run(f"{BONGSU} controls").rc == 0


def test_a_waived_control_is_left_to_the_host(host):
    assert "MinimalSteps" not in host.check_output("apt-config dump")
    told = json.loads(host.check_output(f"{BONGSU} controls --json"))
    assert {one["control"]: one["state"] for one in told}["updates.steps"] == "waived"


def opening(name):
    """Return when the first window of the day opens, for this host's to have opened ten minutes ago."""
    place = sorted(ADDRESSES).index(name)
    return f"{dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10 + 60 * place):%H:%M}"


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
        later = f"{dt.datetime.now(dt.UTC) + dt.timedelta(hours=6):%H:%M}"
        assert converge(name, security_updates_from=later).returncode == 0
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
        assert [one.state for one in lab.status() if one.name == name] == ["running"]
        peer.run_expect([0], "systemctl start nginx.service")
        assert until(lambda: [one.state for one in lab.status() if one.name == name] == ["stopped"])
    finally:
        lab.up(lambda *_: None)
    assert "reboots for linux-image" in host.check_output("journalctl --unit=bongsu-reboot.service")
    assert would() == "no reboot is needed"
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
def test_it_disturbs_nobody(host, name, peer, busy, words):
    settings = "/etc/bongsu/updates.json"
    kept = host.file(settings).content_string
    now = f"{dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5):%H:%M}"
    changed = json.dumps(json.loads(kept) | {"window": json.loads(kept)["window"] | {"start": now}})
    host.run_test(f"cp {settings} /root/updates.json; touch /run/reboot-required; echo '{changed}' > {settings}")
    try:
        command = f"'{BONGSU} reboot --dry-run'" if "script" in busy else f"{BONGSU} reboot --dry-run"
        assert words in host.run(f"{busy} {command}").stdout
        assert "would reboot" in host.run(f"{BONGSU} reboot --dry-run").stdout
    finally:
        host.run_test(f"mv /root/updates.json {settings}; rm -f /run/reboot-required")


def test_absent_gives_the_host_its_own_configuration_back(host, name):
    host.run_test(f"mkdir -p {TEXTFILES}")
    try:
        host.run_expect([0], f"{BONGSU} updates --textfile")
        assert converge(name, security_updates_state="absent").returncode == 0
        assert not host.package("unattended-upgrades").is_installed
        assert not host.package("needrestart").is_installed
        assert "Unattended-Upgrade" not in host.check_output("apt-config dump")
        own = "systemctl show --property=DropInPaths --property=UnitFileState apt-daily.timer"
        assert host.check_output(own) == "DropInPaths=\nUnitFileState=disabled"  # as the lab's image has it
        assert not host.file(f"{TEXTFILES}/bongsu_updates.prom").exists
        left = host.check_output("find /etc -name '*bongsu*'")
        assert "changed=0" in converge(name, security_updates_state="absent").stdout
    finally:
        host.run_test("rm -rf /var/lib/prometheus")
        assert converge(name).returncode == 0
    assert left == ""
