"""What a host says of passwords and accounts, read from what its files and tools print."""

import re
import struct
from types import SimpleNamespace

import pytest
from ansible.module_utils.bongsu import controls
from ansible.module_utils.bongsu.effective import (
    accounts,
    faillock,
    login_defs,
    login_shell,
    modes,
    pwquality,
    sudo,
    useradd,
)
from ansible.module_utils.bongsu.errors import BongsuError


@pytest.mark.parametrize(
    ("text", "arguments", "found"),
    [
        ("", [], {"deny": ["3"], "unlock_time": ["600"], "even_deny_root": ["no"]}),
        ("deny = 5 # x\n# unlock_time = 1\nunlock_time=900\n", [], {"deny": ["5"], "unlock_time": ["900"]}),
        ("deny = 5\n", ["preauth", "deny=2"], {"deny": ["2"]}),
        ("even_deny_root\n", [], {"even_deny_root": ["yes"]}),
        ("root_unlock_time = 60\n", [], {"even_deny_root": ["yes"], "root_unlock_time": ["60"]}),
    ],
)
def test_an_argument_of_faillock_goes_before_its_file(text, arguments, found):
    assert found.items() <= faillock.read(text, arguments).items()


def test_a_setting_of_login_defs_that_stands_twice_has_both_values():
    assert login_defs.read("# A 1\nUMASK\t022\nUMASK 027 # x\nUMASK 022\nA b c\n\n") == {
        "umask": ["022", "027"],
        "a": ["b", "c"],
    }


def test_the_login_shell_is_read_whatever_its_profile_prints():
    assert login_shell.read("Welcome\nbongsu:TMOUT 900\nbongsu:OTHER \n") == {"tmout": ["900"]}


def test_a_login_shell_is_really_started():
    found = dict(login_shell.look(["HOME", "NOWHERE", "umask", "x; reboot"]))
    assert re.fullmatch("0[0-7]{3}", found.pop("umask")[0])
    assert found == {"home": ["/nonexistent"]}


def test_of_two_lines_for_new_accounts_the_last_counts():
    assert useradd.read("# INACTIVE=-1\nINACTIVE=30\nSHELL = /bin/sh\nnothing\nINACTIVE=45\n") == {
        "inactive": ["45"],
        "shell": ["/bin/sh"],
    }


def test_a_mode_is_told_with_whose_the_path_is_and_what_is_not_there_is_not_missed(tmp_path, monkeypatch):
    tmp_path.chmod(0o750)
    look = modes.os.stat
    for owner, words in (((0, 0), ["0750"]), ((0, 5), ["0750", "0:5"])):
        as_owned = SimpleNamespace(st_mode=look(tmp_path).st_mode, st_uid=owner[0], st_gid=owner[1])
        monkeypatch.setattr(modes.os, "stat", lambda _, status=as_owned: status)
        assert modes.look([str(tmp_path)]) == {str(tmp_path).lower(): words}
    monkeypatch.undo()
    missing = modes.look(["/nowhere"])["/nowhere"]
    assert isinstance(missing, controls.Unavailable)
    wanted = {"id": "x.y", "state": "applied", "modes": {"/nowhere": "0600"}}
    assert controls.judge("x", wanted, {"modes": {"/nowhere": missing}}).state == "unavailable"


def test_the_last_word_on_a_default_of_sudo_counts_and_that_of_a_user_does_not():
    rules = {
        "Defaults": [
            {"Options": [{"use_pty": True}, {"timestamp_timeout": "5"}]},
            {"Options": [{"timestamp_timeout": 15}]},
            {"Binding": [{"username": "x"}], "Options": [{"use_pty": False}]},
            {"Options": [{"visiblepw": False}]},
        ]
    }
    assert sudo.read(rules, ["use_pty", "logfile"]) == {
        "use_pty": ["yes"],
        "timestamp_timeout": ["15"],
        "visiblepw": ["no"],
    }


@pytest.mark.parametrize("printed", ["not JSON", ""])
def test_sudo_that_cannot_be_asked_is_told(monkeypatch, printed):
    monkeypatch.setattr(sudo.host, "run", lambda _: sudo.host.Output(0, printed))
    with pytest.raises(BongsuError, match="cvtsudoers"):
        sudo.look(["use_pty"])


def test_a_library_that_is_not_there_is_told(monkeypatch):
    def missing(name):
        raise OSError(f"{name}: cannot open")

    monkeypatch.setattr(pwquality.ctypes, "CDLL", missing)
    with pytest.raises(BongsuError, match=r"libpwquality\.so\.1: cannot open"):
        pwquality.look(["minlen"])


def library(result):
    """Stand for libpwquality: each setting is 1, and a password is judged as told."""

    def get(_settings, _number, value):
        value._obj.value = 1

    return SimpleNamespace(
        pwquality_default_settings=lambda: 7,
        pwquality_read_config=lambda *_: 0,
        pwquality_free_settings=lambda _: None,
        pwquality_get_int_value=get,
        pwquality_check=lambda *_: result,
        pwquality_strerror=lambda *_: b"no dictionary",
    )


@pytest.mark.parametrize(("result", "words"), [(0, "accepted"), (100, "accepted"), (-22, "refused: no dictionary")])
def test_a_good_password_is_really_tried(monkeypatch, result, words):
    monkeypatch.setattr(pwquality.ctypes, "CDLL", lambda _: library(result))
    found = pwquality.look(["minlen", "enforce_for_root", "good-password", "unknown"])
    assert found == {"minlen": ["1"], "enforce_for_root": ["yes"], "good-password": [words]}


DAY = 86400
NOW = 20000 * DAY
PASSWD = """\
root:x:0:0:root:/root:/bin/bash
toor:x:0:0::/root:/bin/sh
daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
new:x:1000:1000::/home/new:/bin/bash
old:x:1001:1001::/home/old:/bin/bash
key:x:1002:1002::/home/key:/bin/bash
empty:x:1003:1003::/home/empty:/bin/bash
bare::1004:1004::/home/bare:/bin/bash
same:x:1000:1000::/home/same:/usr/sbin/nologin
broken line
"""
SHADOW = """\
root:*:19000:0:99999:7:::
toor:$y$x:19990:0:99999:7:::
daemon:*:19000::::::
new:$y$x:19990:0:99999:7:::
old:$y$x:19000:0:99999:7:::
key:!:19000:0:99999:7:::
empty::19990:0:99999:7:::
"""
KNOWN = accounts.read(PASSWD, SHADOW)


def found(last=None, *names):
    return accounts.judge(names, KNOWN, lambda one: one.name == "old", lambda _: last, NOW)


def test_accounts_to_look_at_are_named():
    assert found() == {
        "uid-zero": ["root", "toor"],
        "empty-passwords": ["bare", "empty"],
        "shared-ids": ["new", "root", "same", "toor"],
        "open-homes": ["old"],
    }


@pytest.mark.parametrize(
    ("last", "words"),
    [({}, ["old"]), ({"old": NOW - 91 * DAY}, ["old"]), ({"old": NOW - 89 * DAY}, ["none"])],
)
def test_an_unused_account_is_one_with_an_old_password_that_nobody_logs_in_to(last, words):
    assert found(last, "unused-for-90-days")["unused-for-90-days"] == words


def test_where_no_record_of_logins_is_kept_nobody_is_called_unused():
    assert isinstance(found(None, "unused-for-90-days")["unused-for-90-days"], controls.Unavailable)


def test_the_old_record_of_logins_is_read_at_each_users_place(tmp_path, monkeypatch):
    path = tmp_path / "lastlog"
    with path.open("wb") as stream:
        stream.seek(1001 * 292)
        stream.write(struct.pack("=i32s256s", 1234, b"pts/0", b"host"))
    monkeypatch.setattr(accounts, "LASTLOG", path)
    assert {name: when for name, when in accounts._old_records(KNOWN).items() if when} == {"old": 1234.0}


@pytest.mark.parametrize(("mode", "open_"), [(0o755, False), (0o770, False), (0o777, True)])
def test_a_home_is_open_when_others_can_write_there(tmp_path, mode, open_):
    tmp_path.chmod(mode)
    own = tmp_path.stat().st_uid
    home = accounts.Account("x", own, str(tmp_path), "/bin/sh", "*", None)
    assert accounts.is_open(home) is open_
    assert not accounts.is_open(accounts.Account("x", own, "/nowhere", "/bin/sh", "*", None))


def test_accounts_that_cannot_be_read_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(accounts, "SHADOW", tmp_path / "none")
    with pytest.raises(BongsuError, match="accounts"):
        accounts.look(["uid-zero"])
