import datetime as dt
import grp
import os
import stat
import subprocess

import pytest
from module_runner import run_module

from bongsu import pki

NAMES = ["web1", "localhost", "10.0.0.7", "::1"]
GROUP = grp.getgrgid(os.getegid()).gr_name


@pytest.fixture(scope="module")
def authority():
    return pki.new_ca("test CA")


@pytest.fixture
def host(tmp_path, authority):
    return Host(tmp_path / "tls", authority)


class Host:
    """A host and the operator's side of the conversation with it."""

    def __init__(self, directory, authority):
        self.directory = directory
        self.ca, self.ca_key = authority

    def run(self, *, check=False, **changed):
        given = {
            "ca_certificate": self.ca,
            "names": NAMES,
            "directory": str(self.directory),
            "group": GROUP,
            **changed,
        }
        return run_module("host_certificate", given, check=check)

    def sign(self, report, **changed):
        given = {"names": ["web1", "localhost"], "addresses": ["10.0.0.7", "::1"], **changed}
        (self.directory / "host.crt").write_text(pki.sign(report["request"], self.ca, self.ca_key, **given))

    def certified(self, **changed):
        self.sign(self.run(), **changed)
        return self

    @property
    def key(self):
        return (self.directory / "host.key").read_text()


def test_a_fresh_host_makes_a_key_and_asks_for_a_certificate(host):
    report = host.run()
    assert report["changed"]
    assert report["reasons"] == ["there is no certificate yet"]
    assert "BEGIN CERTIFICATE REQUEST" in report["request"]
    assert stat.S_IMODE((host.directory / "host.key").stat().st_mode) == 0o640
    assert [path.name for path in host.directory.iterdir()] == ["host.key"]


def test_a_certified_host_has_nothing_to_do(host):
    host.certified()
    key = host.key
    report = host.run()
    assert not report["changed"]
    assert report["reasons"] == []
    assert "request" not in report
    assert report["certificate"] == (host.directory / "host.crt").read_text()
    assert abs(report["expires"] - dt.datetime.now(tz=dt.UTC).timestamp() - 90 * 86400) < 60
    assert host.key == key


def test_check_mode_predicts_and_writes_nothing(host):
    report = host.run(check=True)
    assert report["changed"]
    assert report["due"]
    assert not host.directory.exists()


def test_the_key_never_appears_in_the_output(host):
    report = host.run()
    body = host.key.splitlines()[1]
    assert body not in str(report)


def test_renewal_keeps_the_key(host):
    host.certified(lifetime=dt.timedelta(minutes=2))  # backdated by 5: past two thirds at birth
    key = host.key
    report = host.run()
    assert "two thirds of its life" in report["reasons"][0]
    host.sign(report)
    assert host.key == key
    assert not host.run()["changed"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"names": [*NAMES, "www"]}, ["name www is missing"]),
        ({"names": NAMES[:-1]}, ["address ::1 is no longer wanted"]),
        ({"client_auth": True}, ["purpose TLS Web Client Authentication is missing"]),
        ({"lifetime_days": 30}, ["it lives longer than the 30 days wanted"]),
        ({"ca_certificate": pki.new_ca("test CA")[0]}, ["another CA signed it"]),
    ],
)
def test_another_wish_makes_a_new_certificate_due(host, wish, said):
    host.certified()
    key = host.key
    report = host.run(**wish)
    assert report["changed"]
    assert report["reasons"] == said
    assert host.key == key


def test_addresses_are_compared_by_meaning(host):
    host.certified()
    assert not host.run(names=["web1", "localhost", "10.0.0.7", "0:0:0:0:0:0:0:1"])["changed"]


@pytest.mark.parametrize("rubbish", ["", "rubbish\n"])
def test_a_broken_key_is_replaced_and_certified_anew(host, rubbish):
    host.certified()
    (host.directory / "host.key").write_text(rubbish)
    report = host.run()
    assert report["reasons"] == ["the host has no usable key"]
    host.sign(report)
    assert not host.run()["changed"]


def test_a_broken_certificate_is_replaced(host):
    host.certified()
    (host.directory / "host.crt").write_text("rubbish\n")
    report = host.run()
    assert report["reasons"] == ["there is no certificate yet"]


def test_a_swapped_key_is_noticed(host):
    host.certified()
    other = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        capture_output=True,
        check=True,
    )
    (host.directory / "host.key").write_bytes(other.stdout)
    assert host.run()["reasons"] == ["the certificate is not for the host's key"]


def test_an_exposed_key_is_taken_back_without_a_new_certificate(host):
    host.certified()
    (host.directory / "host.key").chmod(0o644)
    assert host.run(check=True)["changed"]
    assert stat.S_IMODE((host.directory / "host.key").stat().st_mode) == 0o644
    report = host.run()
    assert report["changed"]
    assert not report["due"]
    assert stat.S_IMODE((host.directory / "host.key").stat().st_mode) == 0o640
    assert not host.run()["changed"]


def test_what_the_host_lacks_is_reported(host):
    report = host.run(group="no-such-group", check=True)
    assert report["missing"] == ["group"]
    assert not host.directory.exists()


def test_a_bad_argument_is_told(host):
    report = host.run(lifetime_days="long")
    assert report["failed"]
    assert "lifetime_days" in report["msg"]


def test_a_directory_that_cannot_be_made_is_told(host):
    host.directory.write_text("in the way")
    report = host.run()
    assert report["failed"]
    assert str(host.directory) in report["msg"]
