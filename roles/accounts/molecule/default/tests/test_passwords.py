import people
import pytest
from people import PASSWORD, TOOL, login, passwd, su, sudo

TALLY = "/run/faillock/alice"
# Each failure is kept with its time: make all of them older than the lock lasts.
QUARTER_PAST = f"""python3 - <<'EOF'
import pathlib, struct
path = pathlib.Path("{TALLY}")
record = struct.Struct("=52sHHQ")
tallies = record.iter_unpack(path.read_bytes())
path.write_bytes(b"".join(record.pack(*rest, time - 901) for *rest, time in tallies))
EOF"""


def test_five_wrong_passwords_lock_for_a_while_whoever_has_no_key(host, name):
    assert sudo(host)
    people.lock(host)
    host.run_expect([0], f"cp -p {TALLY} /root/locked")
    assert not sudo(host)
    assert not su(host, "bob")

    host.run_expect([0], QUARTER_PAST)
    assert sudo(host)

    host.run_expect([0], f"cp -p /root/locked {TALLY}")
    assert not sudo(host)
    host.run_expect([0], "faillock --user alice --reset")
    assert sudo(host)

    host.run_expect([0], f"mv /root/locked {TALLY}")
    assert not sudo(host)
    assert login(name, "alice").returncode == 0
    assert sudo(host)


def test_root_is_not_locked_and_others_neither(host):
    host.run("(echo wrong | runuser -u alice -- su root -c true) & " * 5 + "wait")
    host.run_expect([0], "printf 'root:%s\\n' '" + PASSWORD + "' | chpasswd")
    try:
        assert host.run(f"printf '%s\\n' '{PASSWORD}' | runuser -u alice -- su root -c true").rc == 0
        assert sudo(host)
    finally:
        host.run("faillock --user root --reset; usermod --password '*' root")


def test_an_old_password_shuts_out_no_key_nor_sudo_and_an_ended_account_is_shut(host, name):
    host.run_expect([0], "chage --lastday 2020-01-01 --maxdays 30 deploy")
    assert login(name, "deploy", "sudo --non-interactive true").returncode == 0
    try:
        host.run_expect([0], "sed -i 's/ no_pass_expiry//' /etc/pam.d/common-account")
        assert "password has expired" in login(name, "deploy").stderr.lower() + login(name, "deploy").stdout.lower()
        found = host.run(f"{TOOL} controls accounts")
        assert "accounts.key-logins: sshd/account/pam_unix.so/no_pass_expiry is 'no'" in found.stdout
        assert "/etc/pam.d/common-account" in host.run(f"{TOOL} drift").stdout
    finally:
        people.done(name, changed=1)
    assert login(name, "deploy", "sudo --non-interactive true").returncode == 0
    host.run_expect([0], "chage --expiredate 2020-01-02 deploy")
    assert login(name, "deploy").returncode != 0


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("short-1 X", "shorter than 14 characters"),
        ("granite-Willooooow 86", "more than 3 same characters consecutively"),
        ("granite-alice-Willow 86", "contains the user name"),
        ("granite-Wabcdefllow 86", "monotonic"),
        ("granite willow harbour lantern", "less than 1 digits"),
        ("Straightforwardness1.", "dictionary"),
    ],
)
def test_a_weak_password_is_refused(host, weak, why):
    refused = passwd(host, PASSWORD, weak)
    assert refused.rc != 0
    assert why in refused.stdout + refused.stderr
    assert sudo(host)


def test_a_password_is_not_taken_again(host):
    other = "granite-Willow 86 harbour"
    assert passwd(host, PASSWORD, other).rc == 0
    refused = passwd(host, other, PASSWORD)
    assert refused.rc != 0
    assert "already used" in refused.stdout + refused.stderr
    assert sudo(host, other)
    assert not sudo(host, PASSWORD)


def test_without_its_dictionary_every_password_would_be_refused_and_that_is_told(host):
    host.run_expect([0], "mv /var/cache/cracklib /var/cache/away")
    try:
        assert "good-password is 'refused:" in host.run(f"{TOOL} controls").stdout
    finally:
        host.run_expect([0], "mv /var/cache/away /var/cache/cracklib")


def test_only_root_reads_the_hosts_jobs(host):
    assert host.run("runuser -u bob -- cat /etc/crontab").rc != 0
    assert host.run("runuser -u bob -- ls /etc/cron.d").rc != 0
    assert (
        host.run("echo '@daily true' | runuser -u bob -- crontab -; runuser -u bob -- crontab -l").stdout
        == "@daily true\n"
    )


def test_an_empty_password_opens_nothing(host):
    host.run_expect([0], "passwd --delete bob")
    assert not su(host, "alice", "")


def test_a_new_password_is_kept_as_yescrypt(host):
    assert host.check_output("getent shadow alice | cut -d: -f2").startswith("$y$")
    host.run_expect([0], f"echo 'bob:{PASSWORD}' | chpasswd --crypt-method SHA512")
    assert host.check_output("getent shadow bob | cut -d: -f2").startswith("$6$rounds=65536$")


def test_root_too_sets_none_that_is_weak(host):
    assert host.run("echo 'bob:simple' | chpasswd").rc != 0
    assert su(host, "alice")
    assert sudo(host)


def test_what_stands_before_a_login_warns_and_tells_no_release(host, name):
    for path in ("/etc/issue", "/etc/issue.net"):
        assert "This is a private system." in host.file(path).content_string
        assert "Debian" not in host.file(path).content_string
    host.run_expect([0], "echo 'Debian, come in' > /etc/issue")
    assert "accounts.notice: /etc/issue is 'Debian, come in'" in host.run(f"{TOOL} controls").stdout
    people.done(name, changed=1)


def test_only_who_is_named_gives_at_something_to_do(host, name):
    """at itself asks the file; whoever is in it stays in it."""
    host.run_expect([0], "echo bob > /etc/at.allow")
    people.done(name, changed=0)
    assert host.file("/etc/at.allow").content_string == "bob\n"
    assert host.file("/etc/at.allow").mode == 0o640
    host.run_expect([0], ": > /etc/at.allow")  # with somebody in it, it would outlive the role


def test_accounts_to_look_at_are_told_of_and_left_alone(host, name):
    host.run_expect([0], "useradd --non-unique --uid 0 --gid 0 --no-create-home toor")
    host.run_expect([0], "passwd --delete bob; chmod 0777 /home/alice")
    before = host.check_output("cat /etc/passwd /etc/shadow | sha256sum; stat -c %a /home/alice")
    try:
        people.done(name, changed=0)
        said = host.run(f"{TOOL} controls").stdout
        assert "accounts.identities: uid-zero is 'root toor', and should be 'root'" in said
        assert "empty-passwords is 'bob'" in said
        assert "accounts.homes: open-homes is 'alice'" in said
        assert host.check_output("cat /etc/passwd /etc/shadow | sha256sum; stat -c %a /home/alice") == before
    finally:
        host.run("sed -i '/^toor:/d' /etc/passwd /etc/shadow; rm -f /var/mail/toor")


def test_what_sudo_runs_is_in_the_journal(host):
    assert sudo(host, command="/bin/echo chestnut")
    assert "COMMAND=/bin/echo chestnut" in host.check_output("journalctl --boot --identifier=sudo --output=cat")
