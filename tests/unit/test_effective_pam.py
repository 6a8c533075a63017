"""Which rules of PAM decide for a service, and what becomes of a password: run on paper, from its files."""

import pytest
from ansible.module_utils.bongsu.effective import pam
from ansible.module_utils.bongsu.effective.pam_run import outcome
from ansible.module_utils.bongsu.errors import BongsuError

PLAIN = """\
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
LOCKING = """\
auth requisite pam_faillock.so preauth
auth [success=2 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail
auth requisite pam_deny.so
auth required pam_permit.so
"""
JUMPS_SHORT = LOCKING.replace("success=2", "success=1")
JUMPS_FAR = "auth [success=1 default=1] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
COUNTS_ALL = "auth required pam_unix.so\nauth optional pam_faillock.so authfail\n"
WITH_SSS = """\
auth requisite pam_faillock.so preauth
auth [success=3 default=ignore] pam_unix.so
auth [success=2 default=ignore] pam_sss.so use_first_pass
auth [default=die] pam_faillock.so authfail
auth requisite pam_deny.so
auth required pam_permit.so
auth optional pam_cap.so
"""


def stack(text, kind="auth", **files):
    return pam.stack("service", kind, {"service": text, **files}.get)


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (PLAIN, ["granted"], ["refused"]),
        (LOCKING, ["granted"], ["refused", "counted"]),
        (WITH_SSS, ["granted"], ["refused", "counted"]),
        (JUMPS_SHORT, ["refused"], ["refused", "counted"]),
        (JUMPS_FAR, ["granted"], ["granted"]),
        ("auth sufficient pam_permit.so\n" + LOCKING, ["granted"], ["granted"]),
        ("auth sufficient pam_rootok.so\n" + PLAIN, ["granted"], ["refused"]),
        ("auth required pam_deny.so\n" + PLAIN, ["refused"], ["refused"]),
        (COUNTS_ALL, ["granted", "counted"], ["refused", "counted"]),
        ("auth required pam_unix.so\nauth sufficient pam_permit.so\n", ["granted"], ["refused"]),
        ("auth [success=reset default=die] pam_permit.so\n", ["refused"], ["refused"]),
        ("", ["refused"], ["refused"]),
    ],
)  # fmt: skip
def test_a_stack_is_run_on_paper(text, right, wrong):
    assert outcome(stack(text), right=True) == right
    assert outcome(stack(text), right=False) == wrong


def test_includes_of_each_form_are_followed_and_other_types_left_out():
    text = "# x\n@include common\n-auth optional pam_a.so\nauth include more\nauth substack more\n"
    text += "account required pam_c.so\n"
    files = {
        "common": "auth required \\\n pam_b.so debug\naccount required pam_c.so\n",
        "more": "auth required pam_d.so\n",
    }
    found = stack(text, **files)
    assert [(rule.module, rule.arguments, rule.optional) for rule in found] == [
        ("pam_b.so", ("debug",), False),
        ("pam_a.so", (), True),
        ("pam_d.so", (), False),
        ("pam_d.so", (), False),
    ]


def test_a_service_without_a_file_has_that_of_other():
    assert [rule.module for rule in pam.stack("x", "auth", {"other": PLAIN}.get)][:1] == ["pam_unix.so"]
    assert pam.stack("x", "auth", {}.get) == []


def test_files_that_include_each_other_are_told():
    with pytest.raises(BongsuError, match="include each other"):
        stack("@include service\n")


@pytest.fixture
def etc(tmp_path, monkeypatch):
    monkeypatch.setattr(pam, "DIRECTORIES", (tmp_path, tmp_path / "vendor"))
    monkeypatch.setattr(pam, "is_there", lambda module: module != "pam_nowhere.so")
    (tmp_path / "sshd").write_text("@include common\n-session optional pam_nowhere.so\n")
    (tmp_path / "common").write_text(LOCKING + "account required pam_nowhere.so\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sshd/auth/pam_faillock.so", ["yes"]),
        ("sshd/auth/pam_faillock.so/preauth", ["yes"]),
        ("sshd/auth/pam_unix.so/nullok", ["no"]),
        ("sshd/account/pam_unix.so", ["no"]),
        ("sshd/wrong-password", ["refused", "counted"]),
        ("sshd/right-password", ["granted"]),
        ("sshd/auth/missing", ["none"]),
        ("sshd/account/missing", ["pam_nowhere.so"]),
        ("sshd/session/missing", ["none"]),
    ],
)
def test_settings_of_pam_are_asked_by_name(etc, name, words):
    assert pam.look([name]) == {name.lower(): words}
