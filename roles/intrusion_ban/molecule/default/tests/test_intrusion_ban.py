import json
import re
import time
from pathlib import Path

import pytest
import testinfra
from lab_side import ADDRESSES, INVENTORY, play, until

CONVERGE = Path(__file__).parents[1] / "converge.yml"
ALLOWED = "10.89.102.99".rpartition(".")[2]  # last part of the address that converge.yml keeps from being banned
# The password is asked of a program that gives none.
GUESS = (
    "env SSH_ASKPASS=/bin/false SSH_ASKPASS_REQUIRE=force ssh -F none -oStrictHostKeyChecking=no"
    " -oUserKnownHostsFile=/dev/null -oPubkeyAuthentication=no -oConnectTimeout=5 -oNumberOfPasswordPrompts=1"
)
TOOL = "/usr/lib/bongsu/bongsu"
TEXTFILES = "/var/lib/prometheus/node-exporter"
ELSEWHERE = "203.0.113.9"  # an address for documentation: nobody is there


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def said(done):
    return " ".join(done.stdout.split())


@pytest.fixture
def other(name):
    """Return the other host, which attacks."""
    (attacker,) = set(ADDRESSES) - {name}
    return testinfra.get_host(f"ansible://{attacker}", ansible_inventory=str(INVENTORY))


@pytest.fixture
def attacker(name):
    (attacker,) = set(ADDRESSES) - {name}
    return ADDRESSES[attacker]


@pytest.fixture(autouse=True)
def nobody_banned(host):
    """Leave nobody banned, and nobody whom sshd of Debian 13 turns away."""
    yield
    host.run_expect([0], "fail2ban-client unban --all && systemctl restart ssh")


def guess(other, target, user="guest", options=""):
    """Try to log in once; return what ssh says."""
    return other.run(f"{GUESS} {options} {user}@{target} true || true").stderr  # 255 means testinfra's own connection


def guess_until_refused(other, target):
    """Guess, with another name each time, until the kernel refuses; return how many guesses that took."""
    for count in range(12):
        if "Connection refused" in guess(other, target, f"guest{count}"):
            return count
        time.sleep(0.3)  # guessing no faster than fail2ban reads
    return None


def reaches(other, target, port):
    return other.run(f"timeout 3 bash -c '</dev/tcp/{target}/{port}'").rc == 0


def ban(host, address, jail="sshd"):
    host.run_expect([0], f"fail2ban-client set {jail} banip {address}")
    assert until(lambda: refused(host, address), 10)


def refused(host, address):
    return address in host.run("nft list table inet f2b-table").stdout


@pytest.fixture
def site(host):
    """Have a web site on the host, and a place for metrics."""
    host.run_expect([0], f"systemctl start nginx && mkdir -p {TEXTFILES}")
    yield
    host.run_expect([0], "systemctl stop nginx && rm -rf /var/lib/prometheus")


def test_who_keeps_guessing_is_refused_and_nobody_else(host, name, other, attacker, site):
    target = ADDRESSES[name]
    assert guess_until_refused(other, target) in range(2, 7)  # an unknown name counts twice
    assert not reaches(other, target, 22)
    assert reaches(other, target, 80)
    assert host.run("true").rc == 0  # the operator, over SSH
    host.run_expect([0], "systemctl start bongsu-bans-look.service")
    metrics = host.file(f"{TEXTFILES}/bongsu_bans.prom").content_string
    assert 'bongsu_bans_active{jail="sshd"} 1\n' in metrics
    assert 'bongsu_bans_active{jail="nginx-botsearch"} 0\n' in metrics
    assert 'bongsu_bans_enforced{jail="sshd"} 1\n' in metrics
    for counted in ("bans", "bans_failures"):
        assert int(re.search(rf'bongsu_{counted}_total{{jail="sshd"}} (\d+)', metrics)[1]) >= 1
    assert f"sshd: {attacker}" in host.check_output(f"{TOOL} bans")
    host.run_expect([0], f"fail2ban-client unban {attacker}")
    assert reaches(other, target, 22)


def test_a_jail_of_the_inventory_bans_from_its_own_ports(name, other, site):
    target = ADDRESSES[name]
    ask = f"import http.client as h; c = h.HTTPConnection('{target}'); c.request('GET', '/phpmyadmin'); c.getresponse()"
    assert until(lambda: "refused" in other.run(f'python3 -c "{ask}"').stderr, 20)
    assert reaches(other, target, 22)


def test_who_is_never_banned_is_not_after_as_many_failures(host, name, other):
    target, allowed = ADDRESSES[name], f"{ADDRESSES[name].rpartition('.')[0]}.{ALLOWED}"
    exempt = "/etc/ssh/sshd_config.d/zz-test.conf"  # else sshd of Debian 13 turns it away by itself
    if name == "debian13":
        host.run_test(f"echo 'PerSourcePenaltyExemptList {allowed}' > {exempt} && systemctl reload ssh")
    other.run_test(f"ip address add {allowed}/24 dev eth0")
    try:
        for count in range(8):
            assert "Permission denied" in guess(other, target, f"guest{count}", f"-b {allowed}")
        ignored = f"grep -c 'Ignore {allowed}' /var/log/fail2ban.log"
        assert until(lambda: int(host.run(ignored).stdout or 0) >= 8, 10)
        assert "sshd: nobody" in host.check_output(f"{TOOL} bans")
    finally:
        other.run_test(f"ip address del {allowed}/24 dev eth0")
        host.run_test(f"rm -f {exempt}")


def test_a_connection_that_sshd_itself_turns_away_is_one_more_failure(host, name, other):
    if name == "debian12":
        pytest.skip("sshd of Debian 12 turns nobody away by itself")
    penalties = "/etc/ssh/sshd_config.d/zz-test.conf"
    host.run_test(f"echo 'PerSourcePenalties authfail:60s min:5s' > {penalties} && systemctl reload ssh")
    try:
        assert guess_until_refused(other, ADDRESSES[name]) is not None
        assert "penalty: failed authentication" in host.check_output("journalctl -b -t sshd")
    finally:
        host.run_test(f"rm -f {penalties}")


def test_a_user_of_the_host_cannot_have_somebody_banned(host):
    """What root logs in a unit by the name of sshd's counts; the same line of anybody else does not."""
    line = f"Invalid user guest from {ELSEWHERE} port 4711"
    host.run_test(f"for i in 1 2 3 4 5 6; do setpriv --reuid=nobody logger -t 'sshd[4711]' '{line}'; done")
    assert until(lambda: line in host.check_output("journalctl -b -t sshd _UID=65534"))
    ban(host, "203.0.113.10")  # by now fail2ban has read what came before
    assert not refused(host, f"{ELSEWHERE} ") and not refused(host, f"{ELSEWHERE},")


def test_bans_outlast_a_restart(host, name, other, attacker):
    ban(host, attacker)
    host.run_expect([0], "systemctl restart fail2ban")
    assert until(lambda: refused(host, attacker), 10)
    assert not reaches(other, ADDRESSES[name], 22)


def test_bans_outlast_a_flush_by_debians_nftables_conf(host, name, other, attacker):
    assert "flush ruleset" in host.file("/etc/nftables.conf").content_string
    host.run_expect([0], "systemctl start nftables")
    try:
        ban(host, attacker)
        for verb in ("reload", "restart"):
            host.run_expect([0], f"systemctl {verb} nftables")
            assert until(lambda: refused(host, attacker), 10)
        assert not reaches(other, ADDRESSES[name], 22)
    finally:
        host.run_test("systemctl stop nftables && systemctl start bongsu-bans-look.service")


def test_after_any_other_flush_it_is_told_and_the_minutes_look_repairs_it(host, attacker):
    ban(host, attacker)
    assert host.check_output("systemctl show -P NextElapseUSecRealtime bongsu-bans.timer") not in ("", "n/a")
    host.run_test("nft flush ruleset")
    told = host.run(f"{TOOL} controls")
    assert told.rc == 1
    assert "ban.kernel: no rule at the kernel's prerouting refuses what sshd bans (IPv4)" in told.stdout
    host.run_expect([0], "systemctl start bongsu-bans-look.service")
    assert refused(host, attacker)
    assert host.run(f"{TOOL} controls").rc == 0
    assert "bongsu-bans-look" not in host.check_output("journalctl -b -o cat _PID=1")  # not a line, every minute


def test_a_jail_changed_while_it_runs_is_told_and_the_next_run_repairs_it(host, name):
    host.run_expect([0], "fail2ban-client stop nginx-botsearch && fail2ban-client set sshd maxretry 100")
    told = host.run(f"{TOOL} controls")
    assert told.rc == 1
    assert "the jail nginx-botsearch does not run" in told.stdout
    assert "ban.failures: sshd.maxretry is '100', and should be '5'" in told.stdout.replace("the jail", "")
    done = converge(name)
    assert done.returncode == 0, done.stdout
    assert "changed=1" in done.stdout
    assert host.run(f"{TOOL} controls").rc == 0


def test_who_could_ban_himself_is_told_what_to_write_and_nothing_changes(host, name):
    before = host.check_output("systemctl show -P InvocationID fail2ban; cat /etc/fail2ban/jail.d/zz-bongsu.local")
    done = converge(name, bongsu_operators=[])
    gateway = f"{ADDRESSES[name].rpartition('.')[0]}.1"
    assert done.returncode == 2
    assert f"Write in the inventory 'bongsu_operators: [{gateway}]'" in said(done)
    assert before == host.check_output(
        "systemctl show -P InvocationID fail2ban; cat /etc/fail2ban/jail.d/zz-bongsu.local"
    )
    assert host.run(f"{TOOL} controls").rc == 0


def test_whoever_is_connected_is_found_behind_sudo_too(host):
    """Sudo takes SSH_CONNECTION out of what runs below it, as `env -i` does here."""
    look = f"{TOOL} bans --operator /etc/bongsu/controls/intrusion_ban.json"
    told = host.run(f"env SSH_CONNECTION='{ELSEWHERE} 1 192.0.2.1 22' sh -c 'env -i {look}; exit $?'")
    assert told.rc == 1
    assert f"you are connected from {ELSEWHERE}, which could be banned" in told.stderr
    assert host.run(look).rc == 0


def test_strict_leaves_no_port_and_forgets_no_ban(host, name, other, attacker, site):
    target = ADDRESSES[name]
    ban(host, attacker)
    waived = {"ban.operator": {"waived": "my address changes", "until": "2031-03-31"}}
    try:
        done = converge(name, intrusion_ban_profile="strict", bongsu_operators=[], bongsu_controls=waived)
        assert done.returncode == 0, done.stdout
        assert not reaches(other, target, 22)
        assert not reaches(other, target, 80)
    finally:
        assert converge(name).returncode == 0
    assert reaches(other, target, 80)
    assert not reaches(other, target, 22)


def test_a_filter_that_is_not_there_is_told_before_fail2ban_is_touched(host, name):
    done = converge(name, intrusion_ban_jails={"shop": {"ports": [80], "journal": "_UID=0", "filter": "nowhere"}})
    assert done.returncode == 2
    assert "filter.d/nowhere" in said(done)
    assert host.run(f"{TOOL} controls").rc == 0


def test_absent_gives_the_host_back_as_it_was(host, name, site):
    ban(host, ELSEWHERE)
    host.run_expect([0], "systemctl start bongsu-bans-look.service")
    assert host.file(f"{TEXTFILES}/bongsu_bans.prom").exists
    try:
        done = converge(name, intrusion_ban_state="absent")
        assert done.returncode == 0, done.stdout
        assert host.run("nft list tables").rc == 127 or "f2b" not in host.check_output("nft list tables")
        left = host.check_output(
            f"find /etc/bongsu /etc/fail2ban /var/lib/fail2ban /etc/systemd {TEXTFILES} | grep -E 'ban' || true"
        )
        assert left == ""
        assert not host.package("fail2ban").is_installed
        assert not host.package("nftables").is_installed
        assert "changed=0" in converge(name, intrusion_ban_state="absent").stdout
    finally:
        assert converge(name).returncode == 0
