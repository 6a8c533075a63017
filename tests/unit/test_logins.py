"""Who would lose the way in: told of users who have one now and none with the settings to come."""

import json

import pytest
from ansible.module_utils.bongsu import logins, logins_host
from module_runner import run_module

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
deploy:x:1000:1000::/home/deploy:/bin/sh
anna:x:1001:1001::/home/anna:/bin/bash
bot:x:1002:1002::/home/bot:/bin/bash
"""
SHADOW = "root:$y$x:1:::::\ndaemon:*:1:::::\ndeploy:$y$x:1:::::\nanna:$y$x:1:::::\nbot:!:1:::::\n"
GROUP = "root:x:0:\nusers:x:100:anna,deploy\nanna:x:1001:\n"
JOURNAL = "Accepted password for anna from 192.0.2.1 port 1\nAccepted publickey for bot from ::1\n" * 2
KEYS = {"root": True, "anna": True, "bot": True}
NOW = {
    "passwordauthentication": ["yes"],
    "kbdinteractiveauthentication": ["no"],
    "pubkeyauthentication": ["yes"],
    "permitrootlogin": ["yes"],
}
KEYS_ALONE = {"PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no"}


def told(sets, now=NOW):
    everybody = logins.accounts(PASSWD, SHADOW, GROUP, KEYS, JOURNAL)
    return {words.split("'")[1]: words for words in logins.losses(everybody, now, logins.wanted(now, sets))}


def test_nothing_is_told_where_nothing_is_lost():
    assert told({}) == {}
    assert told({"AllowUsers": ["*"], "AllowGroups": "", "MaxAuthTries": 4}) == {}
    assert told(KEYS_ALONE, {**NOW, "passwordauthentication": ["no"]}) == {}


def test_who_has_a_password_alone_is_told_and_so_is_who_uses_his():
    found = told(KEYS_ALONE)
    assert set(found) == {"deploy", "anna"}
    assert "could no longer log in: it has a password and no key" in found["deploy"]
    assert "logged in with a password of late (2 times in 30 days)" in found["anna"]


@pytest.mark.parametrize(
    ("sets", "lost"),
    [
        ({"PermitRootLogin": "no"}, {"root": "root may not log in then"}),
        ({"PermitRootLogin": "prohibit-password"}, {}),
        ({"AllowUsers": ["root", "an*@10.0.0.1"]}, {"deploy": "not on the list", "bot": "not on the list"}),
        ({"AllowGroups": ["users", "root"]}, {"bot": "not on the list"}),
        ({"AllowGroups": ["anna"], "DenyUsers": ["anna"]}, dict.fromkeys(("root", "deploy", "anna", "bot"), "list")),
        ({"PubkeyAuthentication": "no"}, {"bot": "could no longer log in"}),
        ({"PasswordAuthentication": "no", "KbdInteractiveAuthentication": "yes"}, {}),
    ],
)
def test_every_setting_that_shuts_out_is_understood(sets, lost):
    found = told(sets)
    assert set(found) == set(lost)
    assert all(words in found[user] for user, words in lost.items())


def test_the_module_asks_the_host_and_changes_nothing(tmp_path, monkeypatch):
    sshd = tmp_path / "sshd"
    sshd.write_text("#!/bin/sh\necho passwordauthentication no\necho authorizedkeysfile .ssh/none-at-all\n")
    sshd.chmod(0o755)

    def here():
        monkeypatch.setattr(logins_host.sshd, "PROGRAM", str(sshd))
        monkeypatch.setattr(logins_host.sshd, "COMMAND", (str(sshd),))

    for check in (False, True):
        report = run_module("ssh_logins", {"settings": KEYS_ALONE}, check=check, before=here)
        assert (report["changed"], report["may_break"]) == (False, [])
    assert not run_module("ssh_logins", {"settings": KEYS_ALONE, "refuse": True}, before=here).get("failed")
    sshd.write_text("#!/bin/sh\necho 'no hostkeys available' >&2\nexit 1\n")
    report = run_module("ssh_logins", {"settings": KEYS_ALONE}, before=here)
    assert report["failed"]
    assert "who can log in cannot be told" in report["msg"]
    assert "no hostkeys available" in report["msg"]
    assert "settings" in json.dumps(run_module("ssh_logins", {}))


def test_where_nothing_else_would_prove_it_a_loss_is_a_refusal(monkeypatch):
    def here():
        monkeypatch.setattr(logins_host, "losses", lambda _sets: list(told(KEYS_ALONE).values()))

    report = run_module("ssh_logins", {"settings": KEYS_ALONE, "refuse": True}, before=here)
    assert report["failed"]
    assert (
        "nothing would prove that you still could: user 'anna' has logged in with a password of late" in report["msg"]
    )
    assert "waive ssh.keys" in report["msg"]
    assert len(run_module("ssh_logins", {"settings": KEYS_ALONE}, before=here)["may_break"]) == 2
