"""A rule is the same however it is written, and what the table says is made for the machine that it is for."""

import pytest
from ansible.module_utils.bongsu import audit_rules
from ansible.module_utils.bongsu.audit_rules import expand, parse, with_key

from bongsu import controls
from bongsu.paths import project_root

TABLE = controls.tables(project_root())["audit_log"]
RULES = {rule: key for one in TABLE for rule, key in one["sets"].get("audit", {}).items() if rule.startswith("-")}
X86 = {"b64": {"open", "openat", "chmod", "fchmodat"}, "b32": {"open", "openat", "chmod", "fchmodat", "stime"}}
ARM = {"b64": {"openat", "fchmodat"}, "b32": {"open", "openat", "chmod", "fchmodat"}}


def everywhere(_path):
    return True


# As it is written, and as auditctl 3.0.9 and 4.0.2 list it.
@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("-w /etc/pam.d/ -p aw -k identity", "-w /etc/pam.d -p wa -k identity"),
        (
            "-a exit,always -F arch=b32 -S adjtimex,settimeofday,stime -k time-change",
            "-a always,exit -F arch=b32 -S stime,settimeofday,adjtimex -F key=time-change",
        ),
        (
            "-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=unset -F key=privileged",
            "-a always,exit -S all -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=-1 -F key=privileged",
        ),
        (
            "-a always,exit -F arch=b64 -S execve -C euid!=uid -F auid!=unset -F key=user_emulation",
            "-a always,exit -F arch=b64 -S execve -C uid!=euid -F auid!=-1 -F key=user_emulation",
        ),
        (
            "-a always,exit -F arch=b64 -S open -F exit=-EACCES -F a0=0 -F key=access",
            "-a always,exit -F arch=b64 -S open -F exit=-13 -F a0=0x0 -F key=access",
        ),
    ],
)
def test_a_rule_is_the_same_as_written_and_as_listed(written, listed):
    assert parse(written) == parse(listed)
    assert parse(written) is not None


@pytest.mark.parametrize(
    "other",
    [
        "-a always,exit -F arch=b64 -S open -F exit=-EPERM -F auid>=1000 -F key=access",  # another error
        "-a always,exit -F arch=b64 -S open,creat -F exit=-EACCES -F auid>=1000 -F key=access",  # another call
        "-a never,exit -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F key=access",  # another action
        "-a always,exit -F arch=b64 -S open -F exit=-EACCES -F auid>1000 -F key=access",  # another comparison
        "-a always,exit -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F key=other",  # another key
    ],
)
def test_another_rule_is_another(other):
    assert parse(other) != parse("-a always,exit -F arch=b64 -S open -F exit=-EACCES -F auid>=1000 -F key=access")


@pytest.mark.parametrize("line", ["", "No rules", "-D", "-b 8192", "-w /etc/passwd -p", "-a always,exit -Z what"])
def test_what_is_no_rule_is_none(line):
    assert parse(line) is None


def test_calls_become_a_rule_for_each_abi_that_knows_them():
    rule = "-S open,chmod,stime -F auid>=1000"
    assert expand(rule, X86, (), everywhere) == [
        "-a always,exit -F arch=b64 -S open,chmod -F auid>=1000",
        "-a always,exit -F arch=b32 -S open,chmod,stime -F auid>=1000",
    ]
    assert expand(rule, ARM, (), everywhere) == ["-a always,exit -F arch=b32 -S open,chmod -F auid>=1000"]
    assert expand("-S openat", ARM, (), everywhere)[0] == "-a always,exit -F arch=b64 -S openat"
    assert expand(rule, {}, (), everywhere) == []  # a machine that nothing is known of


def test_programs_are_put_in_and_what_would_be_nowhere_is_left_out():
    rule = "-F path={privileged} -F perm=x"
    assert expand(rule, {}, ["/usr/bin/su"], everywhere) == ["-a always,exit -F path=/usr/bin/su -F perm=x"]
    assert expand("-w /etc/pam.d -p wa", {}, (), lambda path: path == "/etc") == ["-w /etc/pam.d -p wa"]
    assert expand("-w /var/lib/lastlog/a -p wa", {}, (), lambda path: path == "/var/lib") == []


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_of_the_table_is_one_and_keeps_its_key(rule):
    every = {call for calls in RULES if calls.startswith("-S") for call in calls.split()[1].split(",")}
    lines = expand(rule, {"b64": every, "b32": every}, ["/usr/bin/su"], everywhere)
    assert len(lines) == (2 if rule.startswith("-S ") else 1)
    for line in lines:
        parsed = parse(with_key(line, RULES[rule]))
        assert parsed is not None
        assert parsed.key == RULES[rule]
        assert parsed.tests or parsed.calls


def test_no_two_rules_of_the_table_are_the_same():
    lines = [line for rule in RULES for line in expand(rule, X86 | {"b64": X86["b32"]}, (), everywhere)]
    assert len({parse(line) for line in lines}) == len(lines)


def test_nothing_of_the_table_stops_a_server():
    settings = {name: value for one in TABLE for name, value in one["sets"].get("audit", {}).items()}
    daemon = {name: value for one in TABLE for name, value in one["sets"].get("auditd", {}).items()}
    assert settings["failure"] == 1  # 2 is a panic
    assert settings["backlog_wait_time"] == 0
    assert {value for name, value in daemon.items() if name.endswith("_action")} == {"rotate", "syslog"}


def test_the_status_is_read():
    text = "enabled 1\nfailure 1\npid 0\nloginuid_immutable 0 unlocked"
    assert audit_rules.status(text)["loginuid_immutable"] == "0 unlocked"
