"""What a container shows of it: it has no audit, says so, and is healthy; files are such as the tools take them.

What the kernel does is asked of virtual machines: tests/machines/test_audit_log.py.
"""

import json
from pathlib import Path

import pytest
from lab_side import play

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TOOL = "/usr/lib/bongsu/bongsu"
RULES = "/etc/bongsu/controls/audit_log.json"
# The real maker of the rules, which a container has nobody to load into: what it writes is compiled by augenrules.
MAKE = "python3 -I -c 'import sys; sys.path.insert(0, sys.argv[1]); from bongsu import audit_rules_host as made; "
MAKE += 'made.RULES.mkdir(exist_ok=True); print("\\n".join(made._lines(made._wanted())))\' ' + TOOL


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def states(host):
    return {one["control"]: one for one in json.loads(host.run(f"{TOOL} controls --json audit_log").stdout)}


def test_a_container_has_no_audit_which_is_told_and_no_failure(host):
    told = states(host)
    assert len(told) == 14
    assert {one["state"] for one in told.values()} == {"unavailable"}
    assert "no audit here (its root may not control it)" in told["audit.identity"]["words"][0]
    assert host.run(f"{TOOL} controls").rc == 0
    assert host.run("auditctl -w /etc/passwd -p wa -k identity").rc != 0  # and it is so


def test_the_host_is_well_with_units_that_have_nothing_to_do(host):
    assert host.check_output("systemctl is-system-running") == "running"
    for unit in ("auditd.service", "bongsu-audit-rules.service"):
        assert host.check_output(f"systemctl show --property=SubState --value {unit}") == "exited"
        assert host.check_output(f"systemctl is-enabled {unit}") == "enabled"
    assert host.run("pgrep --exact auditd").rc == 1
    assert "no audit here" in host.check_output("journalctl --unit=bongsu-audit-rules --output=cat --no-pager")
    assert host.run(f"{TOOL} drift").rc == 0


def test_the_daemon_s_own_parser_takes_its_configuration_and_not_any(host):
    """It reads it before it asks the kernel; 6 is its status for a configuration that it cannot read."""
    run = "auditd -f -c"
    assert host.run(f"{run} /etc/audit").rc not in (0, 6)
    host.run_expect(
        [0],
        "cp -r /etc/audit /run/wrong && sed -i '/^disk_full_action/s/=.*/= panic/' /run/wrong/auditd.conf",
    )
    try:
        assert host.run(f"{run} /run/wrong").rc == 6
    finally:
        host.run_test("rm -r /run/wrong")
    for line in (
        "max_log_file_action = rotate",
        "disk_full_action = syslog",
        "disk_error_action = syslog",
        "num_logs = 8",
    ):
        assert host.file("/etc/audit/auditd.conf").contains(f"^{line}$")


@pytest.mark.parametrize("profile", ["small", "strict"])
def test_the_rules_are_made_of_the_table_and_augenrules_takes_them(host, name, profile):
    if profile == "strict":
        assert converge(name, audit_log_profile="strict").returncode == 0
    try:
        lines = host.check_output(MAKE).splitlines()
        keys = {
            line.rpartition("key=")[2] if "key=" in line else line.rpartition(" ")[2]
            for line in lines
            if " -k " in line or "key=" in line
        }
        assert {"time-change", "identity", "scope", "kernel_modules", "user_emulation"} <= keys
        assert ({"privileged", "access", "delete", "perm_mod", "mounts"} <= keys) == (profile == "strict")
        assert ("-e 2" in lines) == (profile == "strict")
        assert "-f 1" in lines
        assert ("-F path=/usr/bin/passwd " in "\n".join(lines)) == (profile == "strict")
        machine = host.check_output("uname -m")
        assert all(("arch=b32" in line) or ("arch=b64" in line) for line in lines if " -S " in line), machine
        path = "/etc/audit/rules.d/zz-test.rules"
        host.run_expect([0], f"{MAKE} > {path} && augenrules")
        loaded = host.file("/etc/audit/audit.rules").content_string.splitlines()
        assert set(lines) <= set(loaded)
        assert "No change" in host.check_output("augenrules --check")
        host.run_test(f"rm {path} && augenrules")
    finally:
        if profile == "strict":
            assert converge(name).returncode == 0


def test_a_choice_takes_rules_away(host, name):
    waived = {"audit.network": {"waived": "its name changes with each lease", "until": "2031-03-31"}}
    assert converge(name, audit_log_controls=waived).returncode == 0
    try:
        assert states(host)["audit.network"]["state"] == "waived"
        assert "system-locale" not in host.check_output(MAKE)
    finally:
        assert converge(name).returncode == 0


def test_absent_leaves_nothing_of_it(host, name):
    assert converge(name, audit_log_state="absent").returncode == 0
    try:
        left = host.run(
            "ls -d /etc/audit /var/log/audit* /etc/systemd/system/*audit* /etc/bongsu /var/lib/bongsu/audit.json"
        )
        assert left.stdout == ""
        assert host.run("command -v auditd").rc != 0
        assert host.check_output("systemctl is-system-running") == "running"
    finally:
        done = converge(name)
    assert done.returncode == 0, done.stdout
