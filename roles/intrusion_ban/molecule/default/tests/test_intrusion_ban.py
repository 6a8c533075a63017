import json
import re
import subprocess

import pytest
from attack import GUESSES, RESOLVED, TOOL, ban, forgive, login, other_of, reaches, refused
from lab_side import ADDRESSES, LANE, until

TEXTFILES = "/var/lib/prometheus/node-exporter"
ELSEWHERE = "203.0.113.9"  # an address for documentation: nobody is there


@pytest.fixture
def other(name):
    """Return the other host, which attacks."""
    return other_of(name)


@pytest.fixture
def attacker(name):
    """Return its address."""
    return next(address for one, address in ADDRESSES.items() if one != name)


@pytest.fixture(autouse=True)
def nobody_banned(host):
    yield
    forgive(host)


@pytest.fixture
def site(host):
    """Have a web site on the host, and a place for metrics."""
    host.run_expect([0], f"systemctl start nginx && mkdir -p {TEXTFILES}")
    yield
    host.run_expect([0], "systemctl stop nginx && rm -rf /var/lib/prometheus")


@pytest.fixture
def allowed(host, name, other):
    """Give the attacker a second address, one that converge.yml keeps from being banned."""
    address = f"{LANE.prefix}.99"
    operator = f"{LANE.prefix}.1"
    patient = "/etc/ssh/sshd_config.d/zz-test.conf"
    settings = "MaxStartups 100\n"
    if name == "debian13":  # whose sshd else turns them away by itself, and knows no list of fail2ban's
        settings += f"PerSourcePenaltyExemptList {operator},{address}\n"
    host.run_test(f"printf '{settings}' > {patient} && systemctl reload ssh")
    other.run_test(f"ip address add {address}/24 dev eth0")
    yield address
    other.run_test(f"ip address del {address}/24 dev eth0")
    host.run_test(f"rm -f {patient}")


def test_who_keeps_guessing_is_refused_and_neither_the_operator_nor_whom_the_list_names(
    host, name, other, attacker, site, allowed
):
    target = ADDRESSES[name]
    operator = subprocess.Popen(["sh", "-c", GUESSES.format(target=target, options="")], stderr=subprocess.PIPE)
    both = [GUESSES.format(target=target, options=f"-b {address}") for address in (allowed, attacker)]
    other.run(f"({both[0]}) & ({both[1]}) & wait")
    _, complaints = operator.communicate()
    assert complaints.count(b"Permission denied") == 6
    ignored = rf"grep -oE 'Ignore ({re.escape(allowed)}|[0-9.]+\.1) ' /var/log/fail2ban.log | sort | uniq -c"
    assert until(lambda: [int(line.split()[0]) >= 6 for line in host.run(ignored).stdout.splitlines()] == [True] * 2)
    assert until(lambda: "refused" in reaches(other, target, 22), 10)
    assert reaches(other, target, 80) == ""
    assert reaches(other, target, 22, allowed) == ""
    assert login(name)
    host.run_expect([0], "systemctl start bongsu-bans-look.service")
    metrics = host.file(f"{TEXTFILES}/bongsu_bans.prom").content_string
    assert 'bongsu_bans_active{jail="sshd"} 1\n' in metrics
    assert 'bongsu_bans_active{jail="nginx-botsearch"} 0\n' in metrics
    assert 'bongsu_bans_enforced{jail="sshd"} 1\n' in metrics
    for counter in ("bans", "bans_failures"):
        assert int(re.search(rf'bongsu_{counter}_total{{jail="sshd"}} (\d+)', metrics)[1]) >= 1
    assert f"sshd: {attacker}" in host.check_output(f"{TOOL} bans")
    host.run_expect([0], f"fail2ban-client unban {attacker}")
    assert reaches(other, target, 22) == ""


def test_a_jail_of_the_inventory_bans_from_its_own_ports(name, other, site):
    target = ADDRESSES[name]
    ask = f"import http.client as h; c = h.HTTPConnection('{target}'); c.request('GET', '/phpmyadmin'); c.getresponse()"
    assert until(lambda: "refused" in other.run(f'python3 -c "{ask}"').stderr, 20)
    assert reaches(other, target, 22) == ""


def test_a_user_of_the_host_cannot_have_somebody_banned(host):
    """What root logs in a unit by the name of sshd's counts; the same line of anybody else does not."""
    line = f"Invalid user guest from {ELSEWHERE} port 4711"
    host.run_test(f"for i in 1 2 3 4 5 6; do setpriv --reuid=nobody logger -t 'sshd[4711]' '{line}'; done")
    assert until(lambda: line in host.check_output("journalctl -b -t sshd _UID=65534"))
    ban(host, "203.0.113.10")  # by now fail2ban has read what came before
    assert not refused(host, ELSEWHERE)


def test_bans_outlast_a_restart_of_fail2ban_and_of_nftables(host, name, other, attacker):
    ban(host, attacker)
    assert "flush ruleset" in host.file("/etc/nftables.conf").content_string
    back = f"for i in $(seq 300); do nft list table inet f2b-table | grep -qw {attacker} && break; sleep 0.1; done"
    actions = ("restart fail2ban", "start nftables", "reload nftables", "restart nftables")
    try:
        told = host.run("; ".join(f"systemctl {action}; {back}; echo $i" for action in actions))
        assert [int(tries) < 300 for tries in told.stdout.split()] == [True] * len(actions), told
        assert "refused" in reaches(other, ADDRESSES[name], 22)
    finally:
        host.run_test("systemctl stop nftables && systemctl start bongsu-bans-look.service")


def test_after_any_other_flush_it_is_told_and_the_minutes_look_repairs_it(host, name, other, attacker):
    ban(host, attacker)
    ask = "systemctl show -P NextElapseUSecRealtime bongsu-bans.timer"  # which has no answer while it looks
    assert until(lambda: host.check_output(ask) not in ("", "n/a"))
    host.run_test("nft flush ruleset")
    told = host.run(f"{TOOL} controls")
    assert told.rc == 1
    assert "ban.kernel: no rule at the kernel's prerouting refuses what sshd bans (IPv4)" in told.stdout
    host.run_expect([0], "systemctl start bongsu-bans-look.service")
    assert "refused" in reaches(other, ADDRESSES[name], 22)
    assert host.run(f"{TOOL} controls").rc == 0
    assert "bongsu-bans-look" not in host.check_output("journalctl -b -o cat _PID=1")  # not a line, every minute


def test_whoever_is_connected_is_found_behind_sudo_too(host):
    """Sudo takes SSH_CONNECTION out of what runs below it, as `env -i` does here."""
    look = f"{TOOL} bans --operator /etc/bongsu/controls/intrusion_ban.json"
    told = host.run(f"env SSH_CONNECTION='{ELSEWHERE} 1 192.0.2.1 22' sh -c 'env -i {look}; exit $?'")
    assert told.rc == 1
    assert f"you are connected from {ELSEWHERE}, which could be banned" in told.stderr
    assert host.run(look).rc == 0


def test_what_is_not_in_effect_and_cannot_be_asked_is_told(host):
    """A fail2ban that was killed has no rules left in the kernel that somebody would have to clear away."""
    host.run_expect([0], "systemctl kill --signal=KILL --kill-whom=all fail2ban; systemctl stop fail2ban")
    try:
        told = host.run(f"{TOOL} controls --json")
        assert told.rc == 1
        words = {one["control"]: one["words"] for one in json.loads(told.stdout) if one["state"] == "ineffective"}
        assert len(words) >= 7
        assert all("fail2ban does not answer" in one[0] for one in words.values())
        assert "f2b" not in host.check_output("nft list tables")
    finally:
        host.run_expect([0], f"systemctl start fail2ban && {RESOLVED}")
