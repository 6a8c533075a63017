import json
import subprocess
from pathlib import Path

import pytest
from lab_side import ADDRESSES, INVENTORY, STATE, play, until

from bongsu.lab import Lab

CONVERGE = Path(__file__).parents[1] / "converge.yml"
DROP_IN = "/etc/ssh/sshd_config.d/00-bongsu.conf"
MAIN = "/etc/ssh/sshd_config"
NEEDS_INCLUDE = ("ssh.daemons", "ssh.algorithms", "ssh.exempt")


def login(name, *options, user="root"):
    """Log in from this machine over a connection of its own, and run `true`."""
    given = [f"-o{option}" for option in ("BatchMode=yes", "ConnectTimeout=5", "ControlPath=none", *options)]
    trust = [f"-oUserKnownHostsFile={STATE.known_hosts}", f"-i{STATE.operator_key}", "-oIdentitiesOnly=yes"]
    command = ["ssh", "-F", "none", *given, *trust, f"{user}@{ADDRESSES[name]}", "true"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def offered(name, *options):
    """Return what ssh says of the exchange with the server, whether or not it leads to a login."""
    return login(name, "LogLevel=DEBUG2", *options).stderr


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


@pytest.fixture
def key_of_all(host):
    """Give two users the operator's key; only one of them may log in."""
    public = STATE.operator_key.with_suffix(".pub").read_text().strip()
    for user in ("visitor", "stranger"):
        home = f"/home/{user}/.ssh"
        host.run_test(f"useradd --create-home --shell /bin/sh --password '*' {user}")
        host.run_test(f"install -d -m 0700 -o {user} {home} && echo '{public}' > {home}/authorized_keys")
    yield
    for user in ("visitor", "stranger"):
        host.run_test(f"userdel --remove {user}")


def test_only_a_key_leads_in(name):
    refused = login(name, "PubkeyAuthentication=no")
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr
    assert login(name).returncode == 0


@pytest.mark.parametrize(
    "option",
    [
        "KexAlgorithms=diffie-hellman-group14-sha256,diffie-hellman-group-exchange-sha256",
        "KexAlgorithms=ecdh-sha2-nistp256,ecdh-sha2-nistp521",
        "Ciphers=aes128-cbc,aes256-cbc",
        "MACs=hmac-sha1,hmac-sha2-256,umac-64@openssh.com",
        "HostKeyAlgorithms=ecdsa-sha2-nistp256",
    ],
)
def test_weak_algorithms_are_refused(name, option):
    # a cipher with a code of its own would need no MAC
    ciphers = [] if option.startswith("Ciphers") else ["Ciphers=aes256-ctr"]
    refused = login(name, option, *ciphers)
    assert refused.returncode == 255
    assert "no matching" in refused.stderr


def test_the_key_exchange_withstands_a_quantum_computer(name):
    said = offered(name)
    assert "kex: algorithm: sntrup761x25519-sha512" in said  # what this machine's client can do
    best = {"debian12": "sntrup761x25519-sha512", "debian13": "mlkem768x25519-sha256"}[name]
    assert best in said.partition("peer server KEXINIT")[2].partition("host key algorithms")[0]


def test_only_those_named_log_in(name, key_of_all):
    assert login(name, user="visitor").returncode == 0
    assert login(name, user="stranger").returncode == 255


def test_accounts_of_daemons_do_not_log_in_even_with_a_shell_and_a_key(host, name, key_of_all):
    host.run_test("usermod --shell /bin/sh --home /home/news news && install -d -o news /home/news")
    host.run_test("cp -r /home/visitor/.ssh /home/news && chown -R news /home/news")
    try:
        assert converge(name, ssh_server_allow_users=[]).returncode == 0
        assert login(name, user="visitor").returncode == 0
        assert login(name, user="news").returncode == 255
        host.run_test(f"sed -i '/^DenyUsers/d' {DROP_IN} && systemctl reload ssh")
        assert "ssh.daemons: DenyUsers does not have daemon, bin" in host.run("/usr/lib/bongsu/bongsu controls").stdout
        assert until(lambda: login(name, user="news").returncode == 0)
    finally:
        host.run_test("usermod --shell /usr/sbin/nologin --home /var/spool/news news; rm -r /home/news")
        assert converge(name).returncode == 0


def test_another_file_may_shut_out_more(host, name):
    other = "/etc/ssh/sshd_config.d/50-more.conf"
    host.run_test(f"echo 'DenyUsers intern' > {other} && systemctl reload ssh")
    try:
        assert host.run("/usr/lib/bongsu/bongsu controls").rc == 0
    finally:
        host.run_test(f"rm {other} && systemctl reload ssh")


def test_the_file_that_everybody_looks_into_says_the_same(host):
    """Taken by itself, without the file that goes before it."""
    host.run_test(f"sed /^Include/d {MAIN} > /run/alone")
    alone = host.check_output("/usr/sbin/sshd -T -f /run/alone").splitlines()
    effective = host.check_output("/usr/sbin/sshd -T").splitlines()
    # Several files add to them, or take off; and what only newer releases know stands in a file of its own.
    lists = ("allowusers", "denyusers", "kexalgorithms", "hostkeyalgorithms", "persourcepenaltyexemptlist")
    assert [one for one in alone if not one.startswith(lists)] == [
        one for one in effective if not one.startswith(lists)
    ]
    assert host.file(MAIN).mode == 0o600
    assert host.run(f"runuser -u nobody -- cat {MAIN}").rc != 0


def test_what_somebody_adds_there_stays(host, name):
    more = "Match User visitor\n    MaxAuthTries 1\n"
    host.run_test(f"cp -p {MAIN} /root/main && printf 'maxauthtries 9\n{more}' >> {MAIN}")
    try:
        assert "changed=1" in converge(name).stdout
        assert host.file(MAIN).content_string.endswith(more)
        assert "maxauthtries 9" not in host.file(MAIN).content_string
        assert "maxauthtries 1" in host.check_output("/usr/sbin/sshd -T -C user=visitor").splitlines()
    finally:
        host.run_test(f"cp -p /root/main {MAIN} && systemctl reload ssh")


def test_a_configuration_that_includes_nothing_is_hardened_as_well(host, name):
    old = "Port 22\nUsePAM yes\nPasswordAuthentication yes\nSubsystem sftp internal-sftp\n"
    assert converge(name, ssh_server_state="absent").returncode == 0
    host.run_test(f"cp -p {MAIN} /root/main && printf '{old}' > {MAIN} && systemctl reload ssh")
    lists = {one: {"waived": "only the file beside it has them", "until": "2031-03-31"} for one in NEEDS_INCLUDE}
    try:
        done = converge(name, ssh_server_allow_users=[], ssh_server_controls=lists)
        assert done.returncode == 0, done.stdout
        assert "Permission denied (publickey)" in login(name, "PubkeyAuthentication=no").stderr
        assert converge(name, ssh_server_state="absent").returncode == 0
        assert host.file(MAIN).content_string == old
    finally:
        host.run_test(f"cp -p /root/main {MAIN} && systemctl reload ssh")
        assert converge(name).returncode == 0


def test_a_waived_control_is_left_to_the_host_and_told_with_its_reason(host, name):
    assert "x11forwarding yes" in host.check_output("/usr/sbin/sshd -T")  # as Debian has it
    assert "allowagentforwarding yes" in host.check_output("/usr/sbin/sshd -T")
    told = json.loads(host.check_output("/usr/lib/bongsu/bongsu controls --json"))
    states = {one["control"]: one["state"] for one in told}
    assert states.pop("ssh.forwarding") == "waived"
    assert states.pop("ssh.exempt") == ("unavailable" if name == "debian12" else "applied")
    assert set(states.values()) == {"applied"}
    assert "graphs are shown over X11" in str(told)


def test_the_hourly_look_tells_of_a_control_that_something_else_defeats(host):
    host.run_test("mkdir -p /var/lib/prometheus/node-exporter")
    try:
        host.run_test(f"sed -i '/^MaxAuthTries/d' {DROP_IN} {MAIN}")
        said = host.run("/usr/lib/bongsu/bongsu controls")
        assert said.rc == 1
        assert "ssh.attempts: MaxAuthTries is '6', and should be '4'" in said.stdout
        host.run_expect([0], "systemctl start bongsu-drift.service")
        metrics = host.file("/var/lib/prometheus/node-exporter/bongsu_controls.prom").content_string
        assert 'bongsu_control{role="ssh_server",control="ssh.attempts",state="ineffective"} 1' in metrics
        assert 'bongsu_control{role="ssh_server",control="ssh.keys",state="applied"} 1' in metrics
        assert 'bongsu_control_waived_until_timestamp_seconds{role="ssh_server",control="ssh.forwarding"}' in metrics
    finally:
        host.run_test("rm -rf /var/lib/prometheus")


def test_the_next_run_repairs_it(host, name):
    host.run_test(f"sed -i '/^MaxAuthTries/d' {DROP_IN} {MAIN}")
    done = converge(name)
    assert done.returncode == 0, done.stdout
    assert "changed=1" in done.stdout
    assert host.run("/usr/lib/bongsu/bongsu controls").rc == 0


def test_a_setting_that_another_file_takes_first_is_told_before_sshd_is_touched(host, name):
    first = "/etc/ssh/sshd_config.d/00-a-cloud.conf"
    host.run_test(f"echo 'PasswordAuthentication yes' > {first}")
    try:
        done = converge(name, ssh_server_profile="strict")
        assert done.returncode == 2
        assert "ssh.keys: PasswordAuthentication is 'yes', and should be 'no'" in " ".join(done.stdout.split())
        assert "MaxAuthTries 4" in host.file(DROP_IN).content_string
        assert "Permission denied (publickey)" in login(name, "PubkeyAuthentication=no").stderr
    finally:
        host.run_test(f"rm {first}")
    assert "changed=0" in converge(name).stdout


def test_whoever_would_shut_ansible_out_is_told_before(name):
    done = converge(name, ssh_server_allow_users=["visitor"])
    assert done.returncode == 2
    assert "ssh_server_allow_users would shut out root" in " ".join(done.stdout.split())


def test_what_shuts_ansible_out_all_the_same_is_undone(host, name):
    done = converge(name, ssh_server_allow_groups=["nogroup"], ssh_server_confirm_within=8)
    assert done.returncode == 2
    assert "put everything back" in " ".join(done.stdout.split())
    assert until(lambda: login(name).returncode == 0)
    assert "AllowGroups" not in host.file(DROP_IN).content_string


def test_strict_offers_nothing_that_is_not_post_quantum(name):
    try:
        assert converge(name, ssh_server_profile="strict").returncode == 0
        refused = login(name, "KexAlgorithms=curve25519-sha256,curve25519-sha256@libssh.org")
        assert "no matching key exchange method" in refused.stderr
        assert login(name).returncode == 0
    finally:
        assert converge(name).returncode == 0


def test_absent_gives_the_host_its_own_configuration_back(host, name):
    try:
        assert converge(name, ssh_server_state="absent").returncode == 0
        assert not host.file(DROP_IN).exists
        assert host.run(f"cmp {MAIN} /usr/share/openssh/sshd_config").rc == 0
        assert host.file(MAIN).mode == 0o644
        assert not host.file("/etc/bongsu").exists
        assert login(name, "KexAlgorithms=ecdh-sha2-nistp256").returncode == 0
        assert "changed=0" in converge(name, ssh_server_state="absent").stdout
        left = host.check_output("find /etc/ssh /etc/tmpfiles.d")
    finally:
        assert converge(name).returncode == 0
    assert "bongsu" not in left


KNOCK = """
for _ in $(seq 40); do
    exec 3<>/dev/tcp/{address}/22; head --bytes=11 <&3 >/dev/null; echo >&3; exec 3>&-
done
exec 3<>/dev/tcp/{address}/22; head --bytes=11 <&3
"""


def test_whoever_fails_is_turned_away_for_a_while_but_no_operator(host, name):
    """Debian 12's sshd turns nobody away by itself, and would not start with the option."""
    told = json.loads(host.check_output("/usr/lib/bongsu/bongsu controls ssh_server --json"))
    state = {one["control"]: one["state"] for one in told}["ssh.exempt"]
    listed = "00-bongsu-newer.conf" in host.check_output("ls /etc/ssh/sshd_config.d")
    assert (state, listed) == (("unavailable", False) if name == "debian12" else ("applied", True))
    for _ in range(6):
        assert "Permission denied" in login(name, user="nobody-here").stderr
    assert login(name).returncode == 0
    stranger = next(one for one in ADDRESSES if one != name)
    script = KNOCK.format(address=ADDRESSES[name])
    last = Lab.load(INVENTORY).run(stranger, ["bash", "-c", script]).stdout
    assert last == ("SSH-2.0-Ope" if name == "debian12" else "Not allowed")
