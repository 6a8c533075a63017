"""What the kernel and its daemon say of the audit is read as they print it; where there is none, that is told."""

import os
import signal
import threading
import time

import pytest
from ansible.module_utils.bongsu import audit_rules_host, controls, host
from ansible.module_utils.bongsu.controls import Fixed, Unavailable, Unknown
from ansible.module_utils.bongsu.effective import LOOK, audit, auditd
from ansible.module_utils.bongsu.errors import BongsuError

STATUS = "enabled 1\nfailure 1\npid {pid}\nrate_limit 0\nbacklog_limit 8192\nlost 0\nbacklog 0\nbacklog_wait_time 0\n"
LISTED = """\
-a always,exit -F arch=b64 -S settimeofday -F key=time-change
-w /etc/passwd -p wa -k identity
-w /etc/group -p wa -k mine
"""
# As auditd 3.0.9 and 4.0.2 report it.
REPORT = """\
audit version = 3.0.9
writing to logs = yes
Logging partition free space 6743 MB
logging suspended = no
disk error detected = no
Number of active plugins = 0
"""
PASSWD, GROUP, CLOCK = "-w /etc/passwd -p wa", "-w /etc/group -p wa", "-S settimeofday,stime"


@pytest.fixture
def kernel(monkeypatch):
    """Stand for auditctl and ausyscall; a test may change the answers."""
    answers = {
        ("auditctl", "-s"): host.Output(0, STATUS.format(pid=0)),
        ("auditctl", "-l"): host.Output(0, LISTED),
        ("ausyscall", "x86_64", "--dump"): host.Output(0, "Using x86_64 syscall table:\n164\tsettimeofday"),
        ("ausyscall", "i386", "--dump"): host.Output(0, "Using i386 syscall table:\n25\tstime\n79\tsettimeofday"),
    }
    monkeypatch.setattr(host, "run", lambda argv, **_: answers[tuple(argv)])
    monkeypatch.setattr(audit_rules_host.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(audit_rules_host.os, "geteuid", lambda: 0)
    return answers


def test_a_rule_has_the_key_under_which_the_kernel_has_it(kernel):
    found = LOOK["audit"]([PASSWD, GROUP, CLOCK, "-w /etc/shadow -p wa", "failure", "daemon"])
    assert found[PASSWD] == ["identity"]
    assert found[GROUP] == ["mine"]
    assert found["-w /etc/shadow -p wa"] == []
    assert found[CLOCK.lower()] == ["time-change", "without -a always,exit -F arch=b32 -S settimeofday,stime"]
    assert found["failure"] == ["1"]
    assert found["daemon"] == []


def test_a_kernel_without_any_rule_is_told_in_few_words(kernel):
    kernel["auditctl", "-l"] = host.Output(0, "No rules")
    found = LOOK["audit"]([PASSWD, GROUP])
    assert found[PASSWD] == found[GROUP] == Unknown("the kernel has no rule at all")


def test_what_is_locked_cannot_be_changed_and_is_no_fault(kernel):
    kernel["auditctl", "-s"] = host.Output(0, STATUS.format(pid=0).replace("enabled 1", "enabled 2"))
    found = LOOK["audit"](["-w /etc/shadow -p wa", "enabled"])
    assert found["enabled"] == Fixed(["2"], "it is locked until the next boot")
    assert found["-w /etc/shadow -p wa"] == Fixed([], "it is locked until the next boot")


@pytest.mark.parametrize(
    "words",
    [
        "You must be root to run this program.",
        "Error - (Operation not permitted)",
        "Connection refused",
        "Error - audit support not in kernel",
    ],
)
def test_a_host_without_an_audit_has_nothing_to_be_had(kernel, words):
    kernel["auditctl", "-s"] = host.Output(4, words)
    for kind, name in (("audit", PASSWD), ("auditd", "num_logs")):
        (found,) = LOOK[kind]([name]).values()
        assert isinstance(found, Unavailable)
        told = controls.judge(
            "audit_log",
            {"id": "a", "state": "applied", kind: {name: 1, "x": 2}},
            {kind: {name.lower(): found, "x": found}},
        )
        assert told.state == "unavailable"
        assert told.words == (found.why,), "said once"


def test_who_is_not_root_and_who_has_no_auditctl_is_told(kernel, monkeypatch):
    kernel["auditctl", "-s"] = host.Output(127, "auditctl: No such file or directory")
    with pytest.raises(BongsuError, match="No such file"):
        LOOK["audit"]([PASSWD])
    kernel["auditctl", "-s"] = host.Output(4, "You must be root to run this program.")
    monkeypatch.setattr(audit_rules_host.os, "geteuid", lambda: 1000)
    with pytest.raises(BongsuError, match="You must be root"):
        LOOK["audit"]([PASSWD])


def test_the_daemon_is_asked_whether_it_writes(kernel, monkeypatch, tmp_path):
    state = tmp_path / "auditd.state"
    state.write_text("an old report: disk error detected = no")
    monkeypatch.setattr(audit, "STATE", state)
    said = []
    later = threading.Timer(0.02, lambda: state.write_text(REPORT))
    monkeypatch.setattr(audit.os, "kill", lambda pid, number: (said.append((pid, number)), later.start()))
    kernel["auditctl", "-s"] = host.Output(0, STATUS.format(pid=4711))
    found = LOOK["audit"](["writing", "daemon"])
    assert found["daemon"] == ["running"]
    assert found["writing"] == ["yes"]
    assert said == [(4711, signal.SIGCONT)]


def test_a_daemon_that_has_suspended_itself_or_does_not_answer_is_told(kernel, monkeypatch, tmp_path):
    assert audit.complaints(REPORT) == []
    assert audit.complaints(REPORT.replace("suspended = no", "suspended = yes")) == ["logging suspended: yes"]
    monkeypatch.setattr(audit, "STATE", tmp_path / "never")
    monkeypatch.setattr(audit, "_PATIENCE", 0.05)
    monkeypatch.setattr(audit.os, "kill", lambda *_: None)
    kernel["auditctl", "-s"] = host.Output(0, STATUS.format(pid=4711))
    assert LOOK["audit"](["writing"])["writing"] == Unknown(
        "auditd, process 4711, has not reported its state within 0.05 s"
    )


def test_the_configuration_counts_as_the_daemon_has_read_it(kernel, monkeypatch, tmp_path):
    path = tmp_path / "auditd.conf"
    path.write_text("Max_Log_File_Action = ROTATE # as ever\n##name = x\nnum_logs=8\n")
    monkeypatch.setattr(auditd, "CONFIGURATION", path)
    kernel["auditctl", "-s"] = host.Output(0, STATUS.format(pid=os.getpid()))
    monkeypatch.setattr(auditd, "started", lambda _pid: path.stat().st_ctime)
    assert LOOK["auditd"](["num_logs"]) == {"max_log_file_action": ["ROTATE"], "num_logs": ["8"]}
    monkeypatch.setattr(auditd, "started", lambda _pid: path.stat().st_ctime - 60)
    with pytest.raises(BongsuError, match="has not read"):
        LOOK["auditd"](["num_logs"])
    kernel["auditctl", "-s"] = host.Output(0, STATUS.format(pid=0))
    with pytest.raises(BongsuError, match="auditd does not run"):
        LOOK["auditd"](["num_logs"])


def test_a_process_begins_before_now():
    assert -2 < time.time() - auditd.started(os.getpid()) < 3600
    with pytest.raises(BongsuError, match="does not run"):
        auditd.started(2**22 + 1)
