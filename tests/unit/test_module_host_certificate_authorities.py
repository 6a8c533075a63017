"""The module while an authority is retired: what it signed is kept as long as it serves."""

import datetime as dt
import grp
import os

import pytest
from module_runner import run_module

from bongsu import pki

GROUP = grp.getgrgid(os.getegid()).gr_name
OLD, NEW, OTHER = pki.new_ca("test CA"), pki.new_ca("test CA"), pki.new_ca("test CA")


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path / "tls")


class Host:
    """A host whose inventory has a new authority, and a retired one."""

    def __init__(self, directory):
        self.directory = directory

    def run(self, *, check=False, **changed):
        given = {
            "ca_certificate": NEW[0],
            "ca_retired": [OTHER[0], OLD[0]],
            "hold": True,
            "names": ["web1"],
            "directory": str(self.directory),
            "group": GROUP,
            **changed,
        }
        return run_module("host_certificate", given, check=check)

    def certified(self, authority, **changed):
        request = self.run()["request"]
        (self.directory / "host.crt").write_text(pki.sign(request, *authority, **{"names": ["web1"], **changed}))
        return self


def test_what_a_retired_authority_signed_is_held(host):
    report = host.certified(OLD).run()
    assert (report["changed"], report["due"], report["held"], report["authority"]) == (False, False, True, "retired")
    assert report["reasons"] == []
    assert "request" not in report
    assert report["certificate"] == (host.directory / "host.crt").read_text()


def test_without_hold_it_is_replaced(host):
    report = host.certified(OLD).run(hold=False)
    assert (report["due"], report["held"], report["authority"]) == (True, False, "retired")
    assert report["reasons"] == ["another CA signed it"]
    assert "request" in report


@pytest.mark.parametrize("wish", [{"names": ["web1", "www"]}, {"client_auth": True}, {"lifetime_days": 1}])
def test_another_wish_waits(host, wish):
    assert host.certified(OLD).run(**wish)["held"]


def test_a_certificate_past_two_thirds_waits(host):
    host.certified(OLD, lifetime=dt.timedelta(minutes=2))  # backdated by 5
    assert host.run()["held"]


def test_an_expired_certificate_is_replaced_at_once(host, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pki, "_now", lambda: dt.datetime.now(tz=dt.UTC) - dt.timedelta(days=1))
        past = pki.new_ca("test CA")
        host.certified(past, lifetime=dt.timedelta(minutes=1))
    report = host.run(ca_retired=[past[0]])
    assert (report["due"], report["held"], report["authority"]) == (True, False, "retired")


@pytest.mark.parametrize("missing", ["host.key", "host.crt"])
def test_half_a_pair_is_replaced_at_once(host, missing):
    host.certified(OLD)
    (host.directory / missing).unlink()
    report = host.run()
    assert (report["due"], report["held"]) == (True, False)
    assert "request" in report


def test_the_present_authority_s_own_certificate_is_renewed_as_ever(host):
    report = host.certified(NEW).run(names=["web1", "www"])
    assert (report["due"], report["held"], report["authority"]) == (True, False, "present")
    assert host.run()["authority"] == "present"


def test_an_authority_that_nobody_retired_is_none(host):
    report = host.certified(OLD).run(ca_retired=[])
    assert (report["due"], report["held"], report["authority"]) == (True, False, "none")


def test_check_mode_says_the_same_and_writes_nothing(host):
    host.certified(OLD)
    before = {path: path.read_bytes() for path in host.directory.iterdir()}
    assert host.run(check=True)["held"]
    assert host.run(check=True, hold=False)["changed"]
    assert {path: path.read_bytes() for path in host.directory.iterdir()} == before


def test_the_beginning_of_its_life_is_told(host):
    report = host.certified(OLD).run()
    assert abs(report["begins"] + 300 - dt.datetime.now(tz=dt.UTC).timestamp()) < 60
    assert report["expires"] > report["begins"]


def test_a_bare_host_in_check_mode_has_no_authority(host):
    report = host.run(check=True, group="no-such-group")
    assert (report["missing"], report["authority"], report["held"]) == (["group"], "none", False)
