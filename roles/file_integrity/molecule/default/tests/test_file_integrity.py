import json
import time

import pytest
from integrity_side import BONGSU, BUILD, DATA, TEXTFILES, converge, explained, has_database, looked, metrics

CONFIG = "/etc/aide/aide.conf"


@pytest.fixture(autouse=True)
def _quiet(host):
    """Begin each test with a database, and leave nothing behind."""
    assert has_database(host)
    yield
    host.run_test(f"rm -rf /usr/bin/zz-* {TEXTFILES}")


@pytest.fixture
def textfiles(host):
    host.run_expect([0], f"mkdir -p {TEXTFILES}")


def test_the_first_database_came_by_itself_and_the_controls_are_in_effect(host):
    told = {one["control"]: one["state"] for one in json.loads(host.check_output(f"{BONGSU} controls --json"))}
    assert told == dict.fromkeys(("integrity.database", "integrity.daily", "integrity.audit-tools"), "applied")
    assert host.file(f"{DATA}/aide.db").mode == 0o600
    assert host.file(DATA).mode == 0o700
    wait = host.check_output("systemctl show aidecheck.timer --property=NextElapseUSecRealtime --value")
    assert wait
    assert host.check_output("systemctl is-enabled aidecheck.service aidecheck.timer").split() == ["enabled"] * 2
    assert host.run("systemctl start dailyaidecheck.timer").rc != 0  # Debian's own, where somebody installs it


@pytest.mark.usefixtures("textfiles")
def test_an_altered_binary_is_reported_and_goes_when_it_is_put_right(host):
    host.run_expect([0], "cp -a /usr/bin/sort /root/sort")
    try:
        host.run_expect([0], r"printf '\377' | dd of=/usr/bin/sort bs=1 seek=4096 conv=notrunc")
        host.run_expect([0], "systemctl start aidecheck.service")  # as the timer does
        found = metrics(host)
        assert found['bongsu_file_integrity_findings{kind="changed"}'] == 1
        assert found['bongsu_file_integrity_findings{kind="added"}'] == 0
        assert found['bongsu_file_integrity_finding{path="/usr/bin/sort",kind="changed"}'] == 1
        assert time.time() - found["bongsu_file_integrity_last_look_timestamp_seconds"] < 60
        shown = host.run(f"{BONGSU} integrity")
        assert shown.rc == 1
        assert shown.stdout.startswith("changed: /usr/bin/sort (content)\nIf each")
        assert "changed: /usr/bin/sort (content)" in host.check_output("journalctl -u aidecheck.service -n 20 -o cat")
        # Not even with what dpkg keeps about the file made to fit.
        sums = "/var/lib/dpkg/info/coreutils.md5sums"
        host.run_expect([0], f"cp -a {sums} /root/sums && sed -i '/bin\\/sort$/d' {sums}")
        host.run_expect([0], f"cd / && md5sum usr/bin/sort bin/sort >> {sums}; touch -r /root/sums {sums}")
        assert list(looked(host)) == ["/usr/bin/sort"]
    finally:
        host.run_test("mv /root/sort /usr/bin/sort; mv /root/sums /var/lib/dpkg/info/coreutils.md5sums")
    assert looked(host) == {}
    assert metrics(host)['bongsu_file_integrity_findings{kind="changed"}'] == 0


def test_new_programs_rights_and_owners_are_reported(host):
    host.run_expect([0], "cp /usr/bin/env /usr/bin/zz-env && chmod 4755 /usr/bin/zz-env")
    host.run_expect([0], "chmod u+s /usr/bin/wc; chown nobody /usr/bin/tail; mv /usr/bin/tac /root; umask 077; ")
    host.run_expect([0], "echo '* * * * * root true' > /etc/cron.d/zz; mkdir -p /usr/lib/zz; touch '/usr/sbin/z\nz'")
    try:
        found = looked(host)
        assert {path: kind for path, (kind, _) in found.items()} == {
            "/etc/cron.d/zz": "added",
            "/usr/bin/tac": "removed",
            "/usr/bin/tail": "changed",
            "/usr/bin/wc": "changed",
            "/usr/bin/zz-env": "added",
            "/usr/sbin/z\nz": "added",
        }
        assert "perm was -rwxr-xr-x, is -rwsr-xr-x" in found["/usr/bin/wc"][1]
        assert "uid was 0, is 65534" in found["/usr/bin/tail"][1]
        assert "added: /usr/sbin/z\\x0az" in host.run(f"{BONGSU} integrity").stdout
    finally:
        host.run_test("rm -rf /usr/bin/zz-env /etc/cron.d/zz /usr/lib/zz /usr/sbin/z?z")
        host.run_test("chmod u-s /usr/bin/wc; chown root /usr/bin/tail; mv /root/tac /usr/bin/tac")


def test_what_is_accepted_goes_and_what_comes_after_is_not_accepted_unseen(host):
    host.run_expect([0], "echo one > /usr/bin/zz-one; echo two > /usr/bin/zz-two")
    assert list(looked(host)) == ["/usr/bin/zz-one", "/usr/bin/zz-two"]
    assert host.run(f"{BONGSU} integrity accept /usr/bin/zz-one").rc == 1  # the other is still there
    assert list(looked(host)) == ["/usr/bin/zz-two"]
    host.run_expect([0], "echo three > /usr/bin/zz-three")
    refused = host.run(f"{BONGSU} integrity accept")
    assert refused.rc == 1
    assert "nothing was accepted: /usr/bin/zz-three changed since the last look" in refused.stderr
    assert list(looked(host)) == ["/usr/bin/zz-three", "/usr/bin/zz-two"]
    assert host.run(f"{BONGSU} integrity accept").rc == 0
    assert looked(host) == {}
    host.run_expect([0], "echo four > /usr/bin/zz-one")  # not what was accepted
    assert list(looked(host)) == ["/usr/bin/zz-one"]
    assert "nothing is found at /usr/bin/env" in host.run(f"{BONGSU} integrity accept /usr/bin/env").stderr


def test_an_upgrade_by_packages_explains_itself_but_not_what_it_gives_power(host):
    host.run_expect([0], BUILD)
    host.run_expect([0], "rm -f /etc/aide/zz; dpkg -i /tmp/lamp-1.deb")
    try:
        assert looked(host) == {"/usr/bin/lamp-wick": ("added", "")}  # setuid
        host.run_expect([0], f"{BONGSU} integrity accept")
        host.run_expect([0], "apt-get --quiet --yes install /tmp/lamp-2.deb")
        assert host.check_output("lamp") == "2"
        assert looked(host) == {}
        assert explained(host)["/usr/bin/lamp"] == "package lamp"
        host.run_expect([0], "echo 'echo three' >> /usr/bin/lamp; echo >> /etc/cron.d/lamp")
        assert list(looked(host)) == ["/etc/cron.d/lamp", "/usr/bin/lamp"]
        host.run_expect([0], "cd / && md5sum usr/bin/lamp > /var/lib/dpkg/info/lamp.md5sums")
        assert "/usr/bin/lamp" in looked(host)  # its package has not changed meanwhile
    finally:
        host.run_test("dpkg --purge lamp")


def test_what_bongsu_changes_explains_itself(host, name):
    digest = host.check_output(f"sha256sum {DATA}/aide.db").split()[0]
    try:
        done = converge(name, file_integrity_at="02:15")
        assert "changed=1" in done.stdout, done.stdout
        assert looked(host) == {}
        assert explained(host)["/etc/systemd/system/aidecheck.timer"] == "bongsu"
        host.run_expect([0], "echo >> /etc/systemd/system/aidecheck.timer")
        assert list(looked(host)) == ["/etc/systemd/system/aidecheck.timer"]
    finally:
        done = converge(name)
    assert "changed=1" in done.stdout, done.stdout
    assert looked(host) == {}
    assert digest == host.check_output(f"sha256sum {DATA}/aide.db").split()[0]


def test_new_rules_wait_for_what_is_found(host, name):
    host.run_expect([0], "mkdir -p /opt/zz && echo one > /opt/zz/shop; echo zz > /usr/bin/zz-one")
    before = host.check_output(f"sha256sum {DATA}/aide.db")
    assert list(looked(host)) == ["/usr/bin/zz-one"]
    try:
        assert converge(name, file_integrity_watched=["/opt/zz"]).returncode == 0
        assert list(looked(host)) == ["/usr/bin/zz-one"]
        assert "the rules have changed" in host.run(f"{BONGSU} integrity").stdout
        assert before == host.check_output(f"sha256sum {DATA}/aide.db")
        host.run_test("rm /usr/bin/zz-one")
        assert looked(host) == {}  # and the database is made by the new rules
        assert before != host.check_output(f"sha256sum {DATA}/aide.db")
        host.run_test("echo two > /opt/zz/shop")
        assert looked(host) == {"/opt/zz/shop": ("changed", "content")}
        host.run_test("echo one > /opt/zz/shop")
    finally:
        assert converge(name).returncode == 0
        looked(host)  # the rules come into force, and then nobody looks after it any more
        host.run_test("rm -rf /opt/zz")
    assert looked(host) == {}


def test_a_path_that_cannot_be_is_refused_before_the_host_is_touched(host, name):
    before = host.check_output(f"sha256sum {CONFIG}")
    done = converge(name, file_integrity_watched=["opt/shop here"])
    assert done.returncode == 2
    assert "file_integrity_watched: 'opt/shop here' cannot be" in " ".join(done.stdout.split())
    assert before == host.check_output(f"sha256sum {CONFIG}")


def test_absent_gives_the_host_its_own_back(host, name):
    assert converge(name, file_integrity_state="absent").returncode == 0
    try:
        for path in (DATA, CONFIG, "/etc/aide", "/etc/systemd/system/dailyaidecheck.timer", "/usr/bin/aide"):
            assert not host.file(path).exists, path
        assert host.run("find /etc/systemd -name '*aide*' -o -name '*integrity*'").stdout == ""
    finally:
        assert converge(name).returncode == 0
    assert has_database(host)
