"""Edits of files that are others': put in once, taken out again, and all else stays."""

import pytest
from ansible.module_utils.bongsu import edits
from ansible.module_utils.bongsu.errors import BongsuError

AUTH = """\
# managed by pam-auth-update

# here are the per-package modules (the "Primary" block)
auth\t[success=2 default=ignore]\tpam_unix.so nullok
auth\t[success=1 default=ignore]\tpam_sss.so use_first_pass
# here's the fallback if no module succeeds
auth\trequisite\t\t\tpam_deny.so
auth\trequired\t\t\tpam_permit.so
# and here are more per-package modules (the "Additional" block)
auth\toptional\t\t\tpam_cap.so
# end of pam-auth-update config
"""
PREAUTH, AUTHFAIL = "auth\trequisite\t\t\tpam_faillock.so preauth", "auth\t[default=die]\t\t\tpam_faillock.so authfail"
LOCKOUT = {
    "insert": [
        {"line": PREAUTH, "place": "first", "profile": "bongsu-lockout"},
        {"line": AUTHFAIL, "place": "last", "profile": "bongsu-lockout-count"},
    ],
    "options": {"pam_unix.so": {"remove": ["nullok"]}},
}
LOCKED = AUTH.replace(
    "auth\t[success=2 default=ignore]\tpam_unix.so nullok\nauth\t[success=1",
    f"{PREAUTH}\nauth\t[success=3 default=ignore]\tpam_unix.so\nauth\t[success=2",
).replace("# here's the fallback", f"{AUTHFAIL}\n# here's the fallback")
SAVED = """\
Module: unix
[success=end default=ignore]\tpam_unix.so nullok
Module: sss
[success=end default=ignore]\tpam_sss.so use_first_pass
Module: capability
optional\t\t\tpam_cap.so
"""
DEFS = "# UMASK is a default\nUMASK\t\t022\nPASS_MAX_DAYS\t99999 # long\n#HOME_MODE 0700\nUMASK 077"


def put(kind, wanted, text):
    return edits.apply({kind: wanted}, text.encode(), "/etc/x").decode()


def taken_out(kind, wanted, text, original):
    return edits.revert({kind: wanted}, text.encode(), original.encode(), "/etc/x").decode()


def test_rules_go_where_pam_auth_update_lays_them_and_jumps_lead_as_far_as_before():
    assert put("pam", LOCKOUT, AUTH) == LOCKED


def test_what_is_in_stays_as_it_is():
    assert put("pam", LOCKOUT, LOCKED) == LOCKED
    assert edits.is_in({"pam": LOCKOUT}, LOCKED.encode(), "/etc/x")
    assert not edits.is_in({"pam": LOCKOUT}, AUTH.encode(), "/etc/x")


def test_taken_out_the_stack_is_as_before():
    assert taken_out("pam", LOCKOUT, LOCKED, AUTH) == AUTH


FOREIGN = "auth\tsufficient\t\t\tpam_foreign.so"


@pytest.mark.parametrize("before", ["auth\t[success=3", "auth\trequired", "# end of"])
def test_what_others_put_in_since_stays(before):
    there = LOCKED.replace(before, f"{FOREIGN}\n{before}", 1)
    assert put("pam", LOCKOUT, there) == there
    left = taken_out("pam", LOCKOUT, there, AUTH)
    assert left.replace("\n" + FOREIGN, "").replace("pam_unix.so nullok", "pam_unix.so nullok") == AUTH
    assert FOREIGN in left


def test_a_rule_inside_a_jump_comes_and_goes_with_it():
    there = AUTH.replace("auth\trequisite\t\t\tpam_deny.so", f"{FOREIGN}\nauth\trequisite\t\t\tpam_deny.so")
    there = there.replace("success=2", "success=3").replace("[success=1", "[success=2")
    edited = put("pam", LOCKOUT, there)
    assert ("success=4" in edited, "success=3" in edited) == (True, True)
    assert taken_out("pam", LOCKOUT, edited, there) == there


@pytest.mark.parametrize("spoiled", ["#" + AUTHFAIL, "# " + AUTHFAIL, "", "auth\t[default=die]\tpam_faillock.so"])
def test_what_somebody_spoils_is_put_right(spoiled):
    short = LOCKED.replace("success=3", "success=2").replace(
        "[success=2 default=ignore]\tpam_sss", "[success=1 default=ignore]\tpam_sss"
    )
    there = short.replace(AUTHFAIL + "\n", spoiled + "\n" if spoiled else "")
    repaired = put("pam", LOCKOUT, there)
    lines = repaired.splitlines()
    assert AUTHFAIL in lines
    assert lines.index(AUTHFAIL) < lines.index("auth\trequisite\t\t\tpam_deny.so")
    if "pam_faillock.so authfail" in spoiled or not spoiled:
        assert repaired == LOCKED


def test_a_stack_of_somebodys_own_has_the_rules_at_its_ends():
    own = "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
    edited = put("pam", LOCKOUT, own)
    assert edited.splitlines() == [
        PREAUTH,
        "auth [success=2 default=ignore] pam_unix.so",
        AUTHFAIL,
        *own.splitlines()[1:],
    ]
    assert taken_out("pam", LOCKOUT, edited, own) == own


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ("auth sufficient pam_unix.so\n", "would belong; put it there by hand"),
        (
            "auth [success=2 default=die] pam_x.so\n@include other\nauth required pam_deny.so\n",
            "jump over '@include other'",
        ),
    ],
)
def test_a_stack_that_cannot_be_judged_is_left_alone(stack, words):
    with pytest.raises(BongsuError, match=r"^/etc/x") as refused:
        put("pam", LOCKOUT, stack)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (
            "after pam_rootok.so",
            ["auth sufficient pam_rootok.so", "NEW", "auth required pam_a.so", "session required pam_b.so"],
        ),
        (
            "before pam_a.so",
            ["auth sufficient pam_rootok.so", "NEW", "auth required pam_a.so", "session required pam_b.so"],
        ),
        ("end", ["auth sufficient pam_rootok.so", "auth required pam_a.so", "session required pam_b.so", "NEW"]),
    ],
)
def test_places_are_named_by_modules(place, expected):
    text = "auth sufficient pam_rootok.so\nauth required pam_a.so\nsession required pam_b.so\n"
    rule = "auth required pam_wheel.so use_uid"
    edited = put("pam", {"insert": [{"line": rule, "place": place}]}, text)
    assert edited.splitlines() == [line.replace("NEW", rule) for line in expected]


def test_an_option_is_added_once_and_leaves_with_the_edit_unless_it_was_there():
    wanted = {"options": {"pam_unix.so": {"add": ["no_pass_expiry"]}}}
    account = "account\t[success=1 default=ignore]\tpam_unix.so \naccount requisite pam_deny.so\n"
    edited = put("pam", wanted, account)
    assert edited.startswith("account\t[success=1 default=ignore]\tpam_unix.so no_pass_expiry\n")
    assert taken_out("pam", wanted, edited, account) == account
    had = account.replace("so ", "so no_pass_expiry")
    assert taken_out("pam", wanted, put("pam", wanted, had) + "# more\n", had) == had + "# more\n"


def test_pam_auth_update_remembers_the_rules_in_the_same_order():
    edited = put("pam_saved", LOCKOUT, SAVED)
    assert [line for line in edited.splitlines() if line.startswith("Module")] == [
        f"Module: {name}" for name in ("bongsu-lockout", "unix", "sss", "bongsu-lockout-count", "capability")
    ]
    assert "\nrequisite\t\t\tpam_faillock.so preauth\n" in edited  # pam-auth-update compares blank for blank
    assert put("pam_saved", LOCKOUT, edited) == edited
    later = edited + "Module: later\noptional pam_later.so\n"
    assert taken_out("pam_saved", LOCKOUT, later, SAVED) == SAVED + "Module: later\noptional pam_later.so\n"


def test_what_pam_auth_update_has_written_itself_is_known_again():
    written = put("pam_saved", LOCKOUT, SAVED).replace("requisite\t\t\tpam_faillock", "requisite pam_faillock")
    assert put("pam_saved", LOCKOUT, written) == written
    assert taken_out("pam_saved", LOCKOUT, written, SAVED) == SAVED


def test_a_setting_stands_once_and_where_it_stood():
    wanted = {"values": {"UMASK": "027", "HOME_MODE": "0700", "PASS_MAX_DAYS": 99999}}
    edited = put("settings", wanted, DEFS)
    assert edited == "# UMASK is a default\nUMASK 027\nPASS_MAX_DAYS\t99999 # long\n#HOME_MODE 0700\nHOME_MODE 0700\n"
    assert put("settings", wanted, edited) == edited
    assert taken_out("settings", wanted, edited, DEFS) == DEFS


def test_a_setting_that_somebody_has_changed_since_is_theirs():
    wanted = {"values": {"UMASK": "027", "HOME_MODE": "0700"}}
    now = put("settings", wanted, DEFS).replace("UMASK 027", "UMASK 007") + "MORE yes\n"
    assert taken_out("settings", wanted, now, DEFS).splitlines() == [
        "# UMASK is a default", "UMASK 007", "PASS_MAX_DAYS\t99999 # long", "#HOME_MODE 0700", "MORE yes",
    ]  # fmt: skip


def test_flags_and_what_must_not_be_there():
    wanted = {"values": {"deny": 5, "even_deny_root": None, "audit": True}, "separator": " = "}
    conf = "# deny = 3\neven_deny_root\ndeny=3\n"
    edited = put("settings", wanted, conf)
    assert edited == "# deny = 3\ndeny = 5\naudit\n"
    assert put("settings", wanted, edited) == edited
    assert sorted(taken_out("settings", wanted, edited + "more\n", conf).splitlines()) == sorted(
        [*conf.splitlines(), "more"]
    )


SSHD = """\
Include /etc/ssh/sshd_config.d/*.conf

#PermitRootLogin prohibit-password
x11forwarding yes
MaxAuthTries=6
maxAuthTries 5 # later
Subsystem sftp /usr/lib/openssh/sftp-server
Match User backup
    X11Forwarding yes
    MaxAuthTries 9"""
OPTIONS = {"values": {"X11Forwarding": "no", "MaxAuthTries": 4, "PermitRootLogin": "no"}}
SET = (
    SSHD.replace("x11forwarding yes", "X11Forwarding no")
    .replace("MaxAuthTries=6\nmaxAuthTries 5 # later", "MaxAuthTries 4")
    .replace("Match User", "PermitRootLogin no\nMatch User")
)


def test_options_of_sshd_are_set_for_all_and_a_match_block_stays():
    assert put("sshd", OPTIONS, SSHD) == SET
    assert put("sshd", OPTIONS, SET) == SET
    assert taken_out("sshd", OPTIONS, SET, SSHD) == SSHD


def test_options_of_sshd_go_and_what_somebody_has_set_since_stays():
    since = SET.replace("X11Forwarding no", "X11Forwarding local").replace("Subsystem", "Port 2222\nSubsystem")
    left = taken_out("sshd", OPTIONS, since, SSHD)
    assert "X11Forwarding local" in left
    assert "Port 2222\n" in left
    assert "MaxAuthTries=6\nmaxAuthTries 5 # later\n" in left
    assert "PermitRootLogin no" not in left
    assert left.endswith(SSHD.partition("Match")[2])


FSTAB = """\
# <file system> <mount point>
UUID=1 / ext4 errors=remount-ro 0 1
tmpfs\t/shared\ttmpfs\trw,exec,size=1g 0 0 # of the database
"""
SHARED = {"at": "/shared", "what": "tmpfs", "type": "tmpfs", "options": ["nodev", "noexec"]}


def test_a_mount_gets_its_options_and_keeps_what_else_it_has():
    there = FSTAB.replace("rw,exec,size=1g", "rw,size=1g,nodev,noexec")
    assert put("fstab", SHARED, FSTAB) == there
    assert put("fstab", SHARED, there) == there
    assert taken_out("fstab", SHARED, there + "more\n", FSTAB) == FSTAB + "more\n"


def test_a_mount_that_nobody_wrote_down_is_and_goes_again():
    for plain in ("", "# UNCONFIGURED", "UUID=1 / ext4 defaults 0 1\n"):
        there = put("fstab", SHARED, plain)
        assert there.endswith("tmpfs /shared tmpfs nodev,noexec 0 0\n")
        assert put("fstab", SHARED, there) == there
        assert taken_out("fstab", SHARED, there, plain) == plain
        assert taken_out("fstab", SHARED, there + "/x /y none bind 0 0\n", plain).endswith("/x /y none bind 0 0\n")
        assert "/shared" not in taken_out("fstab", SHARED, there + "more\n", plain)


def test_a_mount_that_somebody_has_changed_since_stays():
    since = put("fstab", SHARED, FSTAB).replace("size=1g", "size=2g")
    assert taken_out("fstab", SHARED, since, FSTAB) == since


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"fstab": {**SHARED, "options": ["ro"]}}, "write some of"),
        ({"fstab": {**SHARED, "at": "shm"}}, "takes at"),
        ({"sshd": {"values": {}, "separator": " "}}, "takes values"),
        ({}, "is no edit"),
        ({"sed": {}}, "is no edit"),
        ({"settings": {}, "pam": {}}, "is no edit"),
        ({"settings": []}, "settings: is not a mapping"),
        ({"settings": {"values": {"A B": 1}}}, "is no setting in one line"),
        ({"settings": {"values": {"A": "x\ny"}}}, "is no setting in one line"),
        ({"settings": {"values": {}, "separator": ":"}}, "separator"),
        ({"pam": {"insert": [{"line": PREAUTH, "place": "top"}]}}, "'top' is no place"),
        ({"pam": {"insert": [{"line": "auth pam_x.so", "place": "first"}]}}, "is no rule"),
        ({"pam": {"options": {"pam_x.so": []}}}, "takes add and remove"),
        ({"pam": {"lines": []}}, "takes insert and options"),
    ],
)
def test_a_wrong_edit_is_told(edit, words):
    assert words in edits.check(edit)


def test_a_good_edit_is_not_complained_of():
    assert edits.check({"pam": LOCKOUT}) == edits.check({"pam_saved": LOCKOUT}) == ""
    assert edits.check({"settings": {"values": {"A": 1, "B": None, "C": True}, "separator": " = "}}) == ""


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(BongsuError, match="/etc/x is not a text"):
        edits.apply({"settings": {"values": {"A": 1}}}, b"\xff\xfe", "/etc/x")
