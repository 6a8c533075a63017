"""What takes a run of the role: both hosts at once, since each run takes seconds."""

import json
import time
from pathlib import Path

import pytest
from attack import GUESS, TOOL, ban, both, forgive, other_of, reaches, refused
from lab_side import ADDRESSES, play

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TEXTFILES = "/var/lib/prometheus/node-exporter"
ELSEWHERE = "203.0.113.9"
JAILS = "systemctl show -P InvocationID fail2ban; cat /etc/fail2ban/jail.d/zz-bongsu.local"


@pytest.fixture
def hosts():
    """Return both hosts by name, each with a web site and a place for metrics; nobody is banned afterwards."""
    found = both()
    for host in found.values():
        host.run_expect([0], f"systemctl start nginx && mkdir -p {TEXTFILES}")
    yield found
    for host in found.values():
        forgive(host)
        host.run_expect([0], "systemctl stop nginx && rm -rf /var/lib/prometheus")


def converge(**variables):
    return play(CONVERGE, "--extra-vars", json.dumps(variables))


def said(done):
    return " ".join(done.stdout.split())


def test_a_connection_that_sshd_itself_turns_away_is_one_more_failure():
    """Only sshd of Debian 13 does so."""
    host, other = both()["debian13"], other_of("debian13")
    target, penalties = ADDRESSES["debian13"], "/etc/ssh/sshd_config.d/zz-test.conf"
    host.run_test(f"echo 'PerSourcePenalties authfail:60s min:5s' > {penalties} && systemctl reload ssh")
    try:
        for count in range(12):
            if "Connection refused" in other.run(f"{GUESS} guest{count}@{target} true || true").stderr:
                break
            time.sleep(0.3)  # guessing no faster than fail2ban reads
        assert "penalty: failed authentication" in host.check_output("journalctl -b -t sshd")
        assert "refused" in reaches(other, target, 22)
    finally:
        host.run_test(f"rm -f {penalties}")
        forgive(host)


def test_a_jail_changed_while_it_runs_is_told_and_the_next_run_repairs_it(hosts):
    for host in hosts.values():
        host.run_expect([0], "fail2ban-client stop nginx-botsearch && fail2ban-client set sshd maxretry 100")
        told = host.run(f"{TOOL} controls")
        assert told.rc == 1
        assert "the jail nginx-botsearch does not run" in told.stdout
        assert "ban.failures: sshd.maxretry is '100', and should be '5'" in told.stdout.replace("the jail", "")
    done = converge()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("changed=1") == 2
    assert [host.run(f"{TOOL} controls").rc for host in hosts.values()] == [0, 0]


def test_who_could_ban_himself_is_told_what_to_write_and_nothing_changes(hosts):
    before = [host.check_output(JAILS) for host in hosts.values()]
    done = converge(bongsu_operators=[])
    assert done.returncode == 2
    gateway = f"{ADDRESSES['debian12'].rpartition('.')[0]}.1"
    assert f"Write in the inventory 'bongsu_operators: [{gateway}]'" in said(done)
    assert done.stdout.count("failed=1") == 2
    assert before == [host.check_output(JAILS) for host in hosts.values()]


def test_a_filter_that_is_not_there_is_told_before_fail2ban_is_touched(hosts):
    before = [host.check_output(JAILS) for host in hosts.values()]
    done = converge(intrusion_ban_jails={"shop": {"ports": [80], "journal": "_UID=0", "filter": "nowhere"}})
    assert done.returncode == 2
    assert "filter.d/nowhere" in said(done)
    assert before == [host.check_output(JAILS) for host in hosts.values()]


def test_strict_leaves_no_port_and_forgets_no_ban_and_a_waived_control_is_no_more(hosts):
    for host in hosts.values():
        ban(host, ELSEWHERE)
    # Not each the other: banned there, who would the tests come to? The one attacks, and the other is asked.
    host, other, target = hosts["debian13"], hosts["debian12"], ADDRESSES["debian13"]
    ban(host, ADDRESSES["debian12"])
    until_then = {"waived": "my address changes", "until": "2031-03-31"}
    try:
        done = converge(
            intrusion_ban_profile="strict",
            bongsu_operators=[],
            bongsu_controls={"ban.operator": until_then, "ban.longer": until_then},
        )
        assert done.returncode == 0, done.stdout
        assert "refused" in reaches(other, target, 22)
        assert "refused" in reaches(other, target, 80)
        for one in hosts.values():
            assert refused(one, ELSEWHERE)
            # no longer twice as long each time: as Debian has it
            assert one.check_output("fail2ban-client get sshd bantime.increment").lower() in ("false", "none")
    finally:
        done = converge()
    assert done.returncode == 0, done.stdout
    assert reaches(other, target, 80) == ""
    assert "refused" in reaches(other, target, 22)


def test_absent_gives_the_host_back_as_it_was(hosts):
    for name, host in hosts.items():
        for address in (set(ADDRESSES.values()) - {ADDRESSES[name]}) | {ELSEWHERE}:
            ban(host, address)
        host.run_expect([0], "systemctl start bongsu-bans-look.service")
        assert host.file(f"{TEXTFILES}/bongsu_bans.prom").exists
        assert "refused" in reaches(other_of(name), ADDRESSES[name], 22)
    places = f"/etc/bongsu /etc/fail2ban /var/lib/fail2ban /etc/systemd {TEXTFILES}"
    try:
        done = converge(intrusion_ban_state="absent")
        assert done.returncode == 0, done.stdout
        for name, host in hosts.items():
            assert host.check_output(f"find {places} 2>/dev/null | grep ban || true") == ""
            assert host.run("command -v fail2ban-server nft").stdout == ""
            assert reaches(other_of(name), ADDRESSES[name], 22) == ""  # nft is gone: the kernel is asked like this
        assert converge(intrusion_ban_state="absent").stdout.count("changed=0") == 2
    finally:
        done = converge()
    assert done.returncode == 0, done.stdout
