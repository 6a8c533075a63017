from pathlib import Path

import people
import yaml
from lab_side import until
from people import PASSWORD, TOOL, login, su, sudo

AUTH = "/etc/pam.d/common-auth"
FOREIGN = "auth optional pam_warn.so"
TABLE = yaml.safe_load((Path(__file__).parents[3] / "vars/main.yml").read_text())["__accounts_pam"]
# What packages have shipped, and its MD5 as dpkg knows it.
PACKAGES = "login login.defs passwd libpam-modules util-linux sudo bash cron-daemon-common"
SHIPPED = f"dpkg-query --show --showformat='${{Conffiles}}\\n' {PACKAGES} 2>/dev/null"

UPDATE = "DEBIAN_FRONTEND=noninteractive pam-auth-update --package"


def rules(host, path=AUTH):
    lines = host.file(path).content_string.splitlines()
    return [" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#")]


def test_what_somebody_has_spoiled_is_drift_and_the_next_run_puts_it_right(host, name):
    host.run_expect([0], rf"sed -i 's/^auth.*authfail/#&/; s/success=2/success=1/' {AUTH}; chmod 0644 /etc/crontab")
    host.run_expect([0], "rm /etc/login.defs; ln -sf /dev/null /etc/security/faillock.conf")
    drift = host.run(f"{TOOL} drift").stdout
    assert all(path in drift for path in (AUTH, "/etc/crontab", "/etc/login.defs", "/etc/security/faillock.conf"))
    assert "sshd/wrong-password is 'refused', and should be 'refused counted'" in host.run(f"{TOOL} controls").stdout
    people.done(name, changed=1)
    assert host.run(f"{TOOL} drift").rc == host.run(f"{TOOL} controls").rc == 0
    assert "MAIL_DIR" in host.file("/etc/login.defs").content_string  # the host's own, which nothing of ours says
    assert "authfail" not in "".join(line for line in host.file(AUTH).content_string.splitlines() if line[:1] == "#")
    assert sudo(host)
    assert not sudo(host, "wrong")


def test_packages_go_on_registering_modules(host, name):
    profile = "Name: foreign\nDefault: yes\nPriority: 300\nAuth-Type: Primary\nAuth:\n\toptional pam_warn.so\n"
    host.run_expect([0], f"printf '{profile}' > /usr/share/pam-configs/foreign")
    try:
        assert "Local modifications" not in host.run(UPDATE).stderr
        assert rules(host) == [
            "auth requisite pam_faillock.so preauth",
            "auth optional pam_warn.so",
            "auth [success=2 default=ignore] pam_unix.so try_first_pass",
            "auth [default=die] pam_faillock.so authfail",
            "auth requisite pam_deny.so",
            "auth required pam_permit.so",
        ]
        assert host.run(f"{TOOL} drift").rc == host.run(f"{TOOL} controls").rc == 0
        people.done(name, changed=0)
    finally:
        host.run(f"{UPDATE} --remove foreign; rm /usr/share/pam-configs/foreign")
    assert FOREIGN not in rules(host)


def test_absent_takes_out_what_was_put_in_and_nothing_that_others_have_put_in(host, name):
    host.run_expect([0], rf"sed -i '/pam_unix.so/a {FOREIGN}' {AUTH}; sed -i 's/success=2/success=3/' {AUTH}")
    host.run_expect([0], "echo 'LOCAL_ONLY yes' >> /etc/login.defs")
    assert (sudo(host), sudo(host, "wrong")) == (True, False)
    try:
        people.done(name, changed=1, accounts_state="absent")
        assert [rule.replace(" try_first_pass", "") for rule in rules(host)] == [
            "auth [success=2 default=ignore] pam_unix.so nullok",
            FOREIGN,
            "auth requisite pam_deny.so",
            "auth required pam_permit.so",
        ]
        assert (sudo(host), sudo(host, "wrong")) == (True, False)
        assert "LOCAL_ONLY yes" in host.file("/etc/login.defs").content_string
        host.run(f"sed -i '/^{FOREIGN}/d; s/success=2/success=1/' {AUTH}; sed -i '/^LOCAL_ONLY/d' /etc/login.defs")
        # Now all is as it was before the role first came.
        left = host.check_output(
            "cat /etc/pam.d/* /var/lib/pam/[a-r]* /var/lib/pam/session*; ls /usr/share/pam-configs /etc/security"
        )
        assert not [word for word in ("bongsu", "faillock.so", "pwhistory.so", "pwquality") if word in left]
        assert host.check_output("stat -c %a /etc/crontab /etc/cron.d").split() == ["644", "755"]
        assert host.file("/etc/issue").content_string.startswith("Debian GNU/Linux")
        assert not host.file("/etc/at.allow").exists
        assert host.run(f"{SHIPPED} | awk 'NF == 2 {{print $2\"  \"$1}}' | md5sum --check --quiet").stdout == ""
        assert "Local modifications" not in host.run(UPDATE).stderr
        assert "password [success=1 default=ignore] pam_unix.so obscure yescrypt" in rules(
            host, "/etc/pam.d/common-password"
        )
    finally:
        people.done(name, changed=1)
    assert (sudo(host), sudo(host, "wrong")) == (True, False)


def test_what_would_let_anybody_in_or_name_what_is_not_there_is_refused(host, name):
    wrong = [
        {"control": "accounts.lockout", "stack": "auth", "place": "first", "line": "auth sufficient pam_permit.so"},
        {
            "control": "accounts.lockout",
            "stack": "account",
            "place": "first",
            "line": "account optional pam_nowhere.so",
        },
    ]
    before = rules(host)
    run = people.converge(name, __accounts_pam=TABLE + wrong)
    said = " ".join(run.stdout.split())
    assert run.returncode == 2
    assert "sshd/wrong-password is 'granted'" in said
    assert "sshd/account/missing is 'pam_nowhere.so', and should be 'none'" in said
    assert rules(host) == before


def test_what_would_shut_ansible_out_is_undone(host, name):
    line = "account required pam_deny.so"  # not as Debian's own, which stands there already
    deny = {"control": "accounts.lockout", "stack": "account", "place": "first", "line": line}
    run = people.converge(name, __accounts_pam=[*TABLE, deny], accounts_confirm_within=6)
    assert run.returncode == 2
    assert "put everything back" in " ".join(run.stdout.split())
    assert until(lambda: login(name, "root").returncode == 0)
    assert line not in rules(host, "/etc/pam.d/common-account")


def test_strict_over_sudo_without_a_password_and_back_with_one(host, name):
    assert su(host, "bob")
    people.done(name, changed=1, accounts_profile="strict", ansible_user="deploy", ansible_become=True)
    try:
        assert login(name, "bob", "touch new; mkdir newer; stat -c %a new newer").stdout.split() == ["640", "750"]
        assert login(name, "bob", "bash -l -c umask").stdout.strip() == "0027"
        assert "not allowed" in login(name, "bob", "crontab -l").stderr
        assert login(name, "bob", "bash -l -c 'echo $TMOUT'").stdout.strip() == "900"
        assert login(name, "bob", "bash -l -c 'TMOUT=0; echo $TMOUT'").stdout == ""  # it cannot be set to never
        assert su(host, "alice")
        assert not su(host, "bob")
        assert sudo(host, command="/bin/echo lantern")
        assert "COMMAND=/bin/echo lantern" in host.file("/var/log/sudo.log").content_string
        assert host.run("printf 'carol:simple\\n' | chpasswd").rc != 0
        host.run_expect([0], "useradd carol")
        assert host.run("printf 'carol:simple\\n' | chpasswd").rc != 0
        assert host.check_output("getent shadow carol | cut -d: -f4-7") == "1:365:7:45"
        assert host.run(f"{TOOL} controls").rc == 0
    finally:
        host.run("userdel --remove carol")
        password = {"ansible_become_password": PASSWORD}
        people.done(name, changed=1, ansible_user="alice", ansible_become=True, **password)
    assert login(name, "bob", "umask").stdout.strip() != "0027"
    assert login(name, "bob", "crontab -l").stderr.strip() == "no crontab for bob"
    assert su(host, "bob")
