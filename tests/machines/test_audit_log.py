"""The kernel's audit: deeds are found by their subject, and neither a full disk nor a hung daemon stops the server."""

from __future__ import annotations

import pytest
from machine_side import assert_as_wanted, controls, role, until

NAME = "audit_log"
# auditctl of Debian's package where that is not installed: the kernel is asked before and after as well.
PROBE = """\
mkdir -p /root/probe && cd /root/probe && apt-get -qq update && apt-get -qq download auditd $1 \
&& for package in *.deb; do dpkg-deb -x $package .; done
"""
ASK = (
    "shopt -s nullglob; where=(/root/probe/{usr/,}lib/*-linux-gnu); program=(/root/probe/{usr/,}sbin/auditctl); "
    "LD_LIBRARY_PATH=${where[0]} ${program[0]}"
)
MOVING = ("pid", "lost", "backlog", "loginuid_immutable", "backlog_wait_time_actual")
LIBRARY = {"12": "libauparse0", "13": "libauparse0t64"}
LOOK = "find /etc /usr/lib/bongsu /var/lib/bongsu /var/log/audit /var/log/audit-kept /run/bongsu 2>/dev/null | sort"
USER = "useradd --create-home --shell /bin/bash tester"
AS_USER = "echo $(id -u tester) >/proc/self/loginuid && exec setpriv --reuid=tester --regid=tester --clear-groups -- "
AS_LOGIN = "echo $(id -u tester) >/proc/self/loginuid && exec "  # root, who has logged in as tester
SMALL = {  # key -> (a deed of its kind, a word of its record)
    "time-change": ("date --set=@$(date +%s)", "/usr/bin/date"),
    "identity": ("/usr/sbin/usermod --comment somebody tester", "/etc/passwd"),
    "logins": ("touch /var/log/lastlog", "/var/log/lastlog"),
    "session": ("truncate --size=+0 /var/log/wtmp", "/var/log/wtmp"),
    "scope": ("touch /etc/sudoers.d/zz-test", "/etc/sudoers.d/zz-test"),
    "sudo_log_file": ("touch /var/log/sudo.log", "/var/log/sudo.log"),
    "system-locale": ("hostname $(hostname)", "/usr/bin/hostname"),
    "MAC-policy": ("touch /etc/apparmor.d/zz-test", "/etc/apparmor.d/zz-test"),
    "kernel_modules": ("rmmod dummy; modprobe dummy", "dummy"),
    "perm_chng": (f"{AS_USER} chcon --version", "/usr/bin/chcon"),
    "usermod": (f"{AS_USER} /usr/sbin/usermod --help", "/usr/sbin/usermod"),
    "user_emulation": (
        f"install --mode=4755 /usr/bin/id /home/tester/door && {AS_USER} /home/tester/door",
        "/home/tester/door",
    ),
}
STRICT = {
    "privileged": (f"{AS_USER} su --version", "/usr/bin/su"),
    "perm_mod": (f"touch /home/tester/a; chown tester /home/tester/a; {AS_USER} chmod 600 /home/tester/a", "/a"),
    "access": (f"{AS_USER} cat /etc/shadow", "/etc/shadow"),
    "mounts": (f"{AS_LOGIN} mount -t tmpfs none /mnt", "/usr/bin/mount"),
    "delete": (
        f"install --owner=tester -d /home/tester/d; touch /home/tester/d/b; {AS_USER} rm -f /home/tester/d/b",
        "/b",
    ),
}
# Opens a watched file for writing, again and again; prints the longest that one took, and all, in seconds.
BURST = """\
import os, time
longest, began = 0.0, time.monotonic()
for _ in range({times}):
    start = time.monotonic()
    os.close(os.open("/etc/hosts", os.O_WRONLY))
    longest = max(longest, time.monotonic() - start)
    if longest > 5: break
print(longest, time.monotonic() - began)
"""


class Audited:
    """A machine with the role, and how its kernel and its files were before."""

    def __init__(self, vm):
        self.vm = vm
        vm.run(f"set -- {LIBRARY[vm.release]}; {PROBE}", check=True)
        vm.run(f"{USER} && modprobe dummy", check=True)
        self.status, self.paths = self.asked("-s"), vm.run(LOOK).stdout
        role(vm, NAME).require_ok()

    def asked(self, option):
        """Give what the kernel says, but for what moves by itself."""
        said = self.vm.run(["/bin/bash", "-c", f"{ASK} {option}"], check=True).stdout
        return [line for line in said.splitlines() if line.split()[0] not in MOVING]

    def status_now(self):
        return dict(line.split(maxsplit=1) for line in self.vm.run("auditctl -s", check=True).stdout.splitlines())

    def do(self, deed):
        return self.vm.run(["/bin/bash", "-c", deed])

    def found(self, key, word):
        """Tell whether a record of a key has a word, once the daemon has written it."""
        return until(lambda: word in self.vm.run(f"ausearch --input-logs -k {key} -i 2>&1").stdout, 20)

    def burst(self, times):
        return map(
            float, self.vm.run(["python3", "-c", BURST.format(times=times)], check=True, timeout=600).stdout.split()
        )

    def restart(self):
        """Restart the daemon, and wait until the kernel gives it the records: systemd does not."""
        self.vm.run("systemctl restart auditd", check=True)
        assert until(lambda: self.status_now()["pid"] != "0", 60)

    def assert_goes_on(self, boot):
        assert self.vm.boot_id() == boot
        assert self.vm.run("systemctl is-system-running").stdout == "running\n"
        assert self.vm.run("systemctl is-active multi-user.target ssh").stdout.split() == ["active", "active"]


@pytest.fixture(scope="module")
def audited(vm):
    return Audited(vm)


def test_what_is_wanted_is_what_the_kernel_says(audited):
    assert_as_wanted(audited.vm)
    assert set(controls(audited.vm, NAME).values()) == {"applied"}
    role(audited.vm, NAME).require_unchanged()


def test_a_deed_of_each_subject_is_found_by_its_key(audited):
    for deed, _ in SMALL.values():
        audited.do(deed)
    missed = [key for key, (_, word) in SMALL.items() if not audited.found(key, word)]
    assert missed == []
    assert audited.status_now()["lost"] == "0"


def test_rules_that_somebody_deletes_are_told_and_put_back(audited):
    audited.vm.run("auditctl -D", check=True)
    told = audited.vm.run("/usr/lib/bongsu/bongsu controls")
    assert told.returncode == 1
    assert "audit.identity: the kernel has no rule at all" in told.stdout
    audited.vm.run("augenrules --load; auditctl -W /etc/passwd -p wa -k identity; auditctl -f 0")
    told = audited.vm.run("/usr/lib/bongsu/bongsu controls").stdout
    assert "audit.identity: -w /etc/passwd -p wa is not set, and should be 'identity'" in told
    assert "audit.recording: failure is '0', and should be '1'" in told
    assert role(audited.vm, NAME).require_ok().changed[audited.vm.name] == 1
    assert_as_wanted(audited.vm)


def test_a_daemon_that_is_gone_is_told_and_brought_back(audited):
    audited.vm.run("kill $(cat /run/auditd.pid)", check=True)
    assert until(lambda: "daemon is not set" in audited.vm.run("/usr/lib/bongsu/bongsu controls").stdout, 30)
    role(audited.vm, NAME).require_ok()
    assert_as_wanted(audited.vm)


def test_a_disk_full_of_logs_stops_nothing_and_recording_goes_on_by_itself(audited):
    vm, boot = audited.vm, audited.vm.boot_id()
    vm.run("mount -t tmpfs -o size=24m,mode=750 none /var/log/audit", check=True)
    try:
        audited.restart()
        vm.run("touch /etc/issue.net", check=True)
        assert audited.found("system-locale", "/etc/issue.net")
        assert vm.run("dd if=/dev/zero of=/var/log/audit/fill bs=1M").returncode == 1  # till it is full
        longest, _ = audited.burst(300)
        assert longest < 5
        assert until(lambda: vm.run("journalctl -b -u auditd -g 'no space left'").returncode == 0, 30)
        audited.assert_goes_on(boot)
        audited.restart()  # as at a boot with a full disk
        audited.assert_goes_on(boot)
        vm.run("rm /var/log/audit/fill && sleep 1 && touch /etc/issue && sleep 1 && touch /etc/issue", check=True)
        assert audited.found("system-locale", "name=/etc/issue ")
        assert vm.run("/usr/lib/bongsu/bongsu controls").returncode == 0
    finally:
        vm.run("systemctl stop auditd; umount /var/log/audit", check=True)
        audited.restart()
    assert_as_wanted(vm)


def test_a_daemon_that_hangs_slows_nobody_and_what_is_lost_is_counted(audited):
    """The kernel gives up a daemon that takes nothing, and it is not back by itself: that is told, and repaired."""
    vm, boot = audited.vm, audited.vm.boot_id()
    vm.run("kill -STOP $(cat /run/auditd.pid)", check=True)
    try:
        longest, _ = audited.burst(4000)
        assert longest < 5
        assert int(audited.status_now()["lost"]) > 0
        assert vm.run("journalctl -b -k -g 'audit: backlog limit exceeded'").returncode == 0
        audited.assert_goes_on(boot)
    finally:
        vm.run("kill -CONT $(cat /run/auditd.pid)", check=True)
    if audited.status_now()["pid"] == "0":
        assert "daemon is not set" in vm.run("/usr/lib/bongsu/bongsu controls").stdout
    role(vm, NAME).require_ok()
    assert_as_wanted(vm)


def test_it_holds_after_a_reboot_and_to_the_end_of_what_was_before(audited):
    audited.vm.reboot()
    assert audited.vm.run("ls /var/log/audit-kept").returncode != 0, "the rules were given back as the host went down"
    assert_as_wanted(audited.vm)
    assert set(controls(audited.vm, NAME).values()) == {"applied"}
    role(audited.vm, NAME).require_unchanged()


def test_strict_records_what_users_do_and_locks_the_rules(audited):
    vm = audited.vm
    role(vm, NAME, audit_log_profile="strict").require_ok()
    assert_as_wanted(vm)
    for deed, _ in STRICT.values():
        audited.do(deed)
    assert [key for key, (_, word) in STRICT.items() if not audited.found(key, word)] == []
    for change in ("-D", "-e 0", "-W /etc/passwd -p wa -k identity", "-f 0"):
        assert vm.run(f"auditctl {change}").returncode != 0, change
    role(vm, NAME, audit_log_profile="strict").require_unchanged()
    vm.run("systemctl restart auditd bongsu-audit-rules", check=True)
    assert_as_wanted(vm)


def test_a_change_of_locked_rules_is_told_fails_no_run_and_comes_with_the_next_boot(audited):
    vm = audited.vm
    vm.run("umount /mnt; install --mode=4755 /usr/bin/true /usr/local/bin/new", check=True)
    told = vm.run("/usr/lib/bongsu/bongsu controls")
    assert told.returncode == 0
    assert "without -a always,exit -F path=/usr/local/bin/new" in told.stdout
    assert "it is locked until the next boot" in told.stdout
    role(vm, NAME, audit_log_profile="strict").require_unchanged()
    vm.reboot()
    assert set(controls(vm, NAME).values()) == {"applied"}
    assert "/usr/local/bin/new" in vm.run("auditctl -l").stdout
    role(vm, NAME).require_ok()
    assert controls(vm, NAME)["audit.recording"] == "unavailable"
    role(vm, NAME).require_unchanged()
    vm.reboot()
    assert set(controls(vm, NAME).values()) == {"applied"}
    assert audited.status_now()["enabled"] == "1"


def test_absent_gives_the_kernel_back_and_keeps_the_logs(audited):
    vm = audited.vm
    role(vm, NAME, audit_log_state="absent").require_ok()
    assert audited.asked("-l") == ["No rules"]
    assert audited.asked("-s") == audited.status
    kept = vm.run("cat /var/log/audit-kept/*/audit.log*", check=True).stdout
    assert 'key="identity"' in kept
    left = {line for line in vm.run(LOOK).stdout.splitlines() if not line.startswith("/var/log/audit-kept")}
    assert left ^ set(audited.paths.splitlines()) <= {"/etc/apparmor.d/zz-test", "/etc/sudoers.d/zz-test"}
    role(vm, NAME, audit_log_state="absent").require_unchanged()
