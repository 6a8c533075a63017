"""The real module: what it says of a host's controls, without changing anything."""

import json

import pytest
from ansible.module_utils.bongsu import controls_host
from module_runner import run_module

KNOWN = [
    {"id": "ssh.good", "state": "applied", "sshd": {"PasswordAuthentication": "no"}},
    {"id": "ssh.bad", "state": "applied", "sshd": {"MaxAuthTries": 4}},
    {"id": "ssh.waived", "state": "waived", "reason": "graphs", "until": "2027-03-31"},
]


@pytest.fixture
def look(tmp_path, monkeypatch):
    def run(*, check=False, known=KNOWN):
        (tmp_path / "ssh_server.json").write_text(json.dumps({"role": "ssh_server", "controls": known}))

        def answers():
            monkeypatch.setitem(controls_host.LOOK, "sshd", lambda _names: {"passwordauthentication": ["no"]})

        return run_module("controls", {"directory": str(tmp_path)}, check=check, before=answers)

    return run


def test_every_state_is_told_with_its_reason(look):
    report = look()
    assert report["changed"] is False
    assert report["ineffective"] == ["ssh.bad: MaxAuthTries is not set, and should be '4'"]
    assert report["table"] == [
        "1 applied, 1 ineffective, 1 waived",
        "ineffective: ssh.bad: MaxAuthTries is not set, and should be '4'",
        "waived: ssh.waived: graphs",
    ]
    assert [one["state"] for one in report["controls"]] == ["applied", "ineffective", "waived"]


def test_check_mode_says_the_same(look):
    assert look(check=True) == look()


def test_a_host_without_controls_has_nothing_wrong(look):
    assert look(known=[])["table"] == ["no controls on this host"]


def test_a_document_that_is_not_ours_is_refused(look):
    report = look(known=[{"id": "x", "state": "off"}])
    assert report["failed"]
    assert "is not as its role writes it; provision the host again" in report["msg"]
