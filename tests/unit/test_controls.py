"""Whether a control is in effect is told from what the daemon itself says; a document that is not ours is refused."""

import json

import pytest
from ansible.module_utils.bongsu import controls, controls_host, effective
from ansible.module_utils.bongsu.effective import sshd
from ansible.module_utils.bongsu.errors import BongsuError

from bongsu import controls as controls_of_roles
from bongsu.paths import project_root

SAID = """\
passwordauthentication no
permitrootlogin without-password
hostkey /etc/ssh/ssh_host_ed25519_key
hostkey /etc/ssh/ssh_host_rsa_key
kexalgorithms sntrup761x25519-sha512,curve25519-sha256,ecdh-sha2-nistp256
maxstartups 10:30:60
maxauthtries 4
"""
FOUND = {"sshd": sshd.read(SAID)}


def verdict(**sets):
    return controls.judge("ssh_server", {"id": "ssh.x", "state": "applied", "sshd": sets}, FOUND)


@pytest.mark.parametrize(
    "sets",
    [
        {"PasswordAuthentication": "no"},
        {"PermitRootLogin": "prohibit-password"},
        {"HostKey": ["/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ed25519_key"]},
        {"KexAlgorithms": "-diffie-hellman-*,ecdh-sha2-nistp5*"},
        {"MaxStartups": "10:30:60"},
        {"MaxAuthTries": 4},
        {},
    ],
)
def test_what_is_as_wanted_is_applied(sets):
    assert verdict(**sets) == controls.Verdict("ssh_server", "ssh.x", "applied")


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ({"PasswordAuthentication": "yes"}, "PasswordAuthentication is 'no', and should be 'yes'"),
        ({"HostKey": ["/etc/ssh/ssh_host_rsa_key"]}, "should be '/etc/ssh/ssh_host_rsa_key'"),
        ({"AllowUsers": ["root"]}, "AllowUsers is not set, and should be 'root'"),
        ({"KexAlgorithms": "-diffie-hellman-*,ecdh-*"}, "KexAlgorithms still has ecdh-sha2-nistp256"),
    ],
)
def test_what_is_not_as_wanted_is_told(sets, words):
    found = verdict(MaxStartups="10:30:60", **sets)
    assert found.state == "ineffective"
    assert len(found.words) == 1
    assert words in found.words[0]


def test_what_a_host_cannot_have_is_told_and_is_nothing_wrong_with_it():
    found = {"sysctl": {"a.b": controls.Unavailable("is not known to this kernel"), "a.c": ["1"]}}

    def state(**sets):
        told = controls.judge("kernel", {"id": "kernel.x", "state": "applied", "sysctl": sets}, found)
        return told.state, told.words

    assert state(**{"a.b": 1, "a.c": 1}) == ("unavailable", ("a.b is not known to this kernel",))
    assert state(**{"a.b": 1, "a.c": 0}) == ("ineffective", ("a.c is '1', and should be '0'",))


def test_a_waived_control_is_not_looked_at_and_keeps_its_reason():
    waived = {"id": "ssh.x", "state": "waived", "reason": "graphs", "until": "2027-03-31"}
    found = controls.judge("ssh_server", waived, {})
    assert (found.state, found.words) == ("waived", ("graphs",))
    text = controls.metrics([found, verdict(PasswordAuthentication="yes")]).decode()
    assert 'bongsu_control{role="ssh_server",control="ssh.x",state="waived"} 1' in text
    assert 'bongsu_control{role="ssh_server",control="ssh.x",state="ineffective"} 1' in text
    assert 'until_timestamp_seconds{role="ssh_server",control="ssh.x"} 1806537599' in text


@pytest.mark.parametrize(
    "text", ["", "[]", '{"role": "x", "controls": [{"id": "a", "state": "off"}]}', '{"role": "x"}']
)
def test_a_document_that_is_not_ours_is_refused(text):
    with pytest.raises(BongsuError, match="/etc/x is not as its role writes it"):
        controls.read(text, "/etc/x")


def test_a_host_can_look_up_whatever_a_role_sets():
    tables = controls_of_roles.tables(project_root())
    assert {kind for table in tables.values() for one in table for kind in one["sets"]} <= {*effective.KINDS}


def test_settings_that_nobody_can_look_up_do_not_pass_for_in_effect(tmp_path):
    listed = [{"id": "x.one", "state": "applied", "sshd": {"Port": 22}, "newer": {"a": 1}}]
    (tmp_path / "x.json").write_text(json.dumps({"role": "x", "controls": listed}))
    with pytest.raises(BongsuError, match=r"x\.json: x\.one has settings that cannot be looked up here \(newer\)"):
        controls_host.look((), tmp_path)


def test_the_host_asks_each_daemon_once_and_only_for_the_roles_named(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setitem(controls_host.LOOK, "sshd", lambda names: asked.append(names) or FOUND["sshd"])
    for role in ("ssh_server", "other"):
        listed = [
            {"id": f"{role}.{number}", "state": "applied", "sshd": {"PasswordAuthentication": value}}
            for number, value in enumerate(("no", "yes"))
        ]
        (tmp_path / f"{role}.json").write_text(json.dumps({"role": role, "controls": listed}))
    assert [one.state for one in controls_host.look((), tmp_path)] == ["applied", "ineffective"] * 2
    assert asked == [{"PasswordAuthentication"}]
    assert [one.control for one in controls_host.look(["ssh_server"], tmp_path)] == ["ssh_server.0", "ssh_server.1"]
    assert controls_host.look(["nobody"], tmp_path) == []
    assert asked == [{"PasswordAuthentication"}] * 2


@pytest.mark.parametrize("kind", [BongsuError, FileNotFoundError])
def test_a_daemon_that_does_not_answer_is_told_of_its_controls_alone(tmp_path, monkeypatch, kind):
    def silent(names):
        raise kind("sshd -T: no answer")

    monkeypatch.setitem(controls_host.LOOK, "sshd", silent)
    monkeypatch.setitem(controls_host.LOOK, "other", lambda names: {"a": ["1"]})
    listed = [
        {"id": "x.one", "state": "applied", "sshd": {"Port": 22, "Banner": "x"}},
        {"id": "x.two", "state": "applied", "other": {"a": 1}},
    ]
    (tmp_path / "x.json").write_text(json.dumps({"role": "x", "controls": listed}))
    one, two = controls_host.look((), tmp_path)
    assert (one.state, one.words) == ("ineffective", ("sshd -T: no answer",))
    assert two.state == "applied"
