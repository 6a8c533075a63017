import datetime as dt
import json
import time
from pathlib import Path

import pytest
from updating import BONGSU, TEXTFILES, converge, metrics

SCRIPT = (Path(__file__).parent / "lamp.sh").read_text()
STAMPS = "/var/lib/apt/periodic"


def script(host, *words):
    host.run_expect([0], f"sh -s {' '.join(words)} <<'LAMP'\n{SCRIPT}\nLAMP")


def versions(host):
    told = host.check_output("dpkg-query --show --showformat='${Package}=${Version}\n' liblamp libshade oil wick")
    return dict(line.split("=") for line in told.splitlines())


def started(host, unit):
    return host.check_output(f"systemctl show --property=InvocationID --value {unit}")


@pytest.fixture(scope="class")
def lamps(host):
    """Have a lamp of version 1.0 burn on the host, and nothing come from anywhere else."""
    host.run_test(f"mkdir -p {TEXTFILES}")
    script(host, "build")
    script(host, "publish", "1.0")
    host.run_expect([0], "apt-get --quiet --yes install lamp liblamp libshade oil wick && apt-mark hold wick")
    host.run_expect([0], "systemctl start lamp.service lamp-data.service")
    yield
    host.run_test("systemctl stop lamp.service lamp-data.service")
    script(host, "restore")
    host.run_test("rm -rf /var/lib/prometheus")


@pytest.mark.usefixtures("lamps")
class TestLamps:
    def test_what_is_for_security_comes_by_itself_and_what_uses_it_restarts(self, host):
        before = {unit: started(host, unit) for unit in ("lamp", "lamp-data")}
        script(host, "publish", "1.5")
        host.run_expect([0], "DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes install liblamp")
        assert {unit: started(host, unit) for unit in before} == before  # who installs by hand is only told

        script(host, "publish", "2.0")
        host.run_expect([0], f"{BONGSU} updates --textfile")
        waiting = metrics(host)
        assert waiting['bongsu_updates_waiting{security="yes"}'] == 3
        assert waiting['bongsu_updates_waiting{security="no"}'] == 1
        since = "bongsu_update_waiting_since_timestamp_seconds"
        assert f'{since}{{package="liblamp",security="yes",kept="no"}}' in waiting
        held = waiting[f'{since}{{package="wick",security="yes",kept="yes"}}']
        assert time.time() - held < 60

        began = time.time() - 1
        host.run_expect([0], "systemctl start apt-daily-upgrade.service")
        assert versions(host) == {"liblamp": "2.0", "libshade": "2.0", "oil": "1.0", "wick": "1.0"}
        assert started(host, "lamp") != before["lamp"]
        told = host.check_output(f"journalctl --unit=lamp.service --since=@{began:.0f} --grep='^Started' --output=cat")
        assert len(told.splitlines()) == 1  # though two libraries came, each in a step of its own
        assert started(host, "lamp-data") == before["lamp-data"]

        after = metrics(host)  # the upgrade itself has written them anew
        assert after['bongsu_updates_waiting{security="yes"}'] == 1
        assert after[f'{since}{{package="wick",security="yes",kept="yes"}}'] == held
        assert f'{since}{{package="oil",security="no",kept="no"}}' in after
        assert 'bongsu_restart_wanted_since_timestamp_seconds{kind="service",name="lamp-data.service"}' in after
        assert not any('name="lamp.service"' in series for series in after)
        assert after['bongsu_updates_last_success_timestamp_seconds{what="upgrade"}'] >= began

    def test_a_file_that_was_edited_on_the_host_holds_no_upgrade_back_and_stays(self, host):
        host.run_expect([0], "echo ours > /etc/lamp/libshade.conf")
        script(host, "publish", "2.5")
        by_hand = host.run("unattended-upgrade --dry-run --verbose")  # whoever is there can be asked
        assert "libshade has conffile prompt and needs to be upgraded manually" in by_hand.stdout + by_hand.stderr
        host.run_expect([0], "systemctl start apt-daily-upgrade.service")
        assert versions(host) | {"liblamp": "2.5", "libshade": "2.5"} == versions(host)
        assert host.check_output("cat /etc/lamp/liblamp.conf /etc/lamp/libshade.conf") == "of 2.5\nours"
        assert host.check_output("cat /etc/lamp/libshade.conf.dpkg-dist") == "of 2.5"

    def test_lists_count_as_fetched_when_all_of_them_were(self, host):
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
    assert "Remove-Unused-Kernel-Packages" not in host.check_output("apt-config dump")
    told = json.loads(host.check_output(f"{BONGSU} controls --json"))
    assert {one["control"]: one["state"] for one in told}["updates.kernels"] == "waived"


def test_absent_gives_the_host_its_own_configuration_back(host, name):
    host.run_test(f"mkdir -p {TEXTFILES}")
    assert host.service("unattended-upgrades").is_running
    try:
        host.run_expect([0], f"{BONGSU} updates --textfile")
        assert converge(name, security_updates_state="absent").returncode == 0
        assert not host.package("unattended-upgrades").is_installed
        assert host.process.filter(comm="unattended-upgr") == []
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
