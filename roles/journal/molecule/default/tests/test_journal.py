import json
from pathlib import Path

from lab_side import play

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TOOL = "/usr/lib/bongsu/bongsu"
MAIN, LAST = "/etc/systemd/journald.conf", "/etc/systemd/journald.conf.d/zz-bongsu.conf"
# A daemon as rsyslog is one: it takes what journald passes on, for two seconds, and says what it got.
TAKE = """
import os, socket, subprocess
place = "/run/systemd/journal/syslog"
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taking:
    taking.bind(place)
    taking.settimeout(2)
    subprocess.run(["logger", "passed on"], check=True)
    try:
        while b"passed on" not in (got := taking.recv(10000)):
            pass
    except TimeoutError:
        got = b""
os.unlink(place)
print(got.decode())
"""


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def taken(host):
    return host.run(f"python3 - <<'EOF'\n{TAKE}\nEOF").stdout.strip()


def effective(host):
    return host.check_output("systemd-analyze cat-config systemd/journald.conf")


def logged_on_disk(host, words):
    host.run_test(f"logger '{words}'")
    host.run_test("journalctl --sync")
    return host.run(f"journalctl --directory=/var/log/journal --quiet --grep='{words}'").stdout


def test_what_is_logged_is_on_disk(host):
    assert "kept for good" in logged_on_disk(host, "kept for good")
    assert host.run(f"{TOOL} controls journal").rc == 0


def test_it_is_still_there_when_the_journal_begins_anew(host):
    assert "before the restart" in logged_on_disk(host, "before the restart")
    host.run_expect([0], "systemctl restart systemd-journald")
    assert "before the restart" in host.run("journalctl --quiet --grep='before the restart'").stdout


def test_another_file_that_says_otherwise_does_not_count(host):
    other = "/etc/systemd/journald.conf.d/50-volatile.conf"
    host.run_test(f"printf '[Journal]\\nStorage=volatile\\n' > {other}")
    try:
        host.run_expect([0], "systemctl restart systemd-journald")
        assert host.run(f"{TOOL} controls journal").rc == 0
        assert "all the same" in logged_on_disk(host, "all the same")
    finally:
        host.run_test(f"rm {other}")


def test_a_control_that_is_defeated_is_told_and_the_next_run_mends_it(host, name):
    host.run_test(f"sed -i s/persistent/volatile/ {LAST}")
    said = host.run(f"{TOOL} controls journal")
    assert said.rc == 1
    assert "journal.kept: Storage is 'volatile', and should be 'persistent'" in said.stdout
    done = converge(name)
    assert done.returncode == 0, done.stdout
    assert host.run(f"{TOOL} controls journal").rc == 0


def test_a_journal_in_memory_is_no_kept_one_whatever_the_files_say_and_the_next_run_mends_it(host, name):
    """As where /var/log/journal could not be made, or a daemon of before still runs."""
    host.run_test(f"sed -i s/persistent/volatile/ {LAST} && systemctl restart systemd-journald")
    host.run_test(f"sed -i s/volatile/persistent/ {LAST} && rm -rf /var/log/journal/*")
    try:
        said = host.run(f"{TOOL} controls journal")
        assert (said.rc, "Storage is 'volatile'" in said.stdout) == (1, True), said.stdout
    finally:
        done = converge(name)
    assert done.returncode == 0, done.stdout
    assert host.run(f"{TOOL} controls journal").rc == 0


def test_small_leaves_rsyslog_what_it_has_and_strict_does_not(host, name):
    assert "passed on" in taken(host)
    try:
        assert converge(name, journal_profile="strict").returncode == 0
        assert taken(host) == ""
        assert host.run(f"{TOOL} controls journal").rc == 0
    finally:
        assert converge(name).returncode == 0
    assert "passed on" in taken(host)


def test_absent_gives_the_host_its_own_configuration_back(host, name):
    try:
        assert converge(name, journal_state="absent").returncode == 0
        assert not host.file(LAST).exists
        assert not host.file("/etc/bongsu").exists
        assert "Storage=persistent" not in effective(host)
        assert MAIN not in host.run("dpkg --verify systemd").stdout
        assert "changed=0" in converge(name, journal_state="absent").stdout
    finally:
        assert converge(name).returncode == 0
