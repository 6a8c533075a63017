"""The copy of the database that the host cannot change."""

import json
from pathlib import Path

import pytest
from integrity_side import BONGSU, DATA, has_database, looked
from lab_side import play

VERIFY = Path(__file__).parent / "kept.yml"


@pytest.fixture
def verify(host, name, tmp_path):
    """Return what compares the host with what is kept here, and the words that it says."""
    assert has_database(host)

    def run(**variables):
        told = {"bongsu_evidence": str(tmp_path), **variables}
        done = play(VERIFY, "--limit", name, "--extra-vars", json.dumps(told))
        return done.returncode, " ".join(done.stdout.split()).replace("''", "'")  # YAML doubles them

    return run


def kept(tmp_path, name):
    return sorted((tmp_path / "integrity" / name).glob("*.json"))


def test_the_database_of_an_intruder_is_told_by_the_copy_off_the_host(host, name, verify, tmp_path):
    status, told = verify()
    assert status == 0
    assert "kept here from now on" in told
    assert len(kept(tmp_path, name)) == 1
    assert kept(tmp_path, name)[0].parent.stat().st_mode & 0o077 == 0
    assert verify()[0] == 0
    assert len(kept(tmp_path, name)) == 1
    host.run_expect([0], "cp -a /usr/bin/sort /root/sort; printf x >> /usr/bin/sort; echo > /usr/bin/zz-door")
    try:
        host.run_expect([0], f"rm -r {DATA}")
        assert looked(host) == {}  # the host itself is content
        status, told = verify()
        assert status == 2
        assert "in it 2 are otherwise: '/usr/bin/sort', '/usr/bin/zz-door'" in told
        assert verify()[0] == 2  # and it stays so
        assert len(kept(tmp_path, name)) == 1
        digest = host.check_output(f"sha256sum {DATA}/aide.db")[:12]
        assert f"file_integrity_accept={digest}" in told
        assert verify(file_integrity_accept="0" * 12)[0] == 2
        status, told = verify(file_integrity_accept=digest)
        assert status == 0
        assert len(kept(tmp_path, name)) == 2
    finally:
        host.run_test(f"mv /root/sort /usr/bin/sort; rm -rf /usr/bin/zz-door {DATA}")
        assert looked(host) == {}


def test_what_is_accepted_on_the_host_is_told_once(host, verify):
    assert verify()[0] == 0
    host.run_expect([0], "echo > /usr/bin/zz-tool")
    try:
        assert list(looked(host)) == ["/usr/bin/zz-tool"]
        status, told = verify()
        assert status == 0
        assert "added for no known reason: /usr/bin/zz-tool" in told
        host.run_expect([0], f"{BONGSU} integrity accept")
        assert "somebody has accepted on the host: '/usr/bin/zz-tool'" in verify()[1]
        assert "zz-tool" not in verify()[1]
    finally:
        host.run_test("rm -f /usr/bin/zz-tool")


def test_a_database_that_is_gone_is_told(host, verify):
    assert verify()[0] == 0
    host.run_expect([0], f"rm {DATA}/aide.db")
    try:
        status, told = verify()
        assert status == 2
        assert "had a database of its files" in told
    finally:
        host.run_test(f"rm -r {DATA}")
        assert looked(host) == {}
