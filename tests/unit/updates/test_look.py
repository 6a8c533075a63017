"""The host asks its own tools, remembers since when in its metrics, and takes them away with the role."""

import json
import os

import pytest
from ansible.module_utils.bongsu import host
from ansible.module_utils.bongsu.component import store
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.updates import look, settings

INST = "Inst nginx [1] (2 Debian-Security:12/oldstable-security [amd64])\n"
SETTINGS = {
    "window": {"start": "02:00", "minutes": 60, "days": ["Mon"]},
    "reboot": True,
    "peers": [],
    "kept": ["nginx"],
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A host whose tools say what the test wants."""
    said = {"apt-mark": "", "apt-get": INST, "needrestart": "NEEDRESTART-SVC: a.service\n"}
    monkeypatch.setattr(
        host, "run", lambda argv, **_: host.Output(0 if argv[0] in said else 1, said.get(argv[0], "no"))
    )
    monkeypatch.setattr(store, "TEXTFILE_DIRECTORY", tmp_path)
    monkeypatch.setattr(look, "STAMPS", tmp_path)
    monkeypatch.setattr(look, "FLAG", tmp_path / "reboot-required")
    monkeypatch.setattr(settings, "PATH", tmp_path / "updates.json")
    monkeypatch.setattr(settings, "load", lambda: settings.read(json.dumps(SETTINGS), 7.0))
    return tmp_path, said


def told(tmp_path):
    return (tmp_path / look.METRICS).read_text()


def test_since_when_outlives_the_look_and_goes_with_its_cause(machine):
    tmp_path, said = machine
    assert look.main(textfile=True, as_json=False) == 0
    first = told(tmp_path)
    assert 'package="nginx",security="yes",kept="yes"' in first
    assert 'kind="service",name="a.service"' in first
    assert 'success_timestamp_seconds{what="lists"} 7\n' in first  # never yet, and so since the role came
    os.utime(tmp_path / look.METRICS, (1, 1))
    aged = "\n".join(f"{line.rpartition(' ')[0]} 1000" if "package=" in line else line for line in first.splitlines())
    (tmp_path / look.METRICS).write_text(aged + "\n")
    (tmp_path / "update-stamp").touch()
    os.utime(tmp_path / "update-stamp", (5000, 5000))
    look.main(textfile=True, as_json=False)
    assert 'package="nginx",security="yes",kept="yes"} 1000\n' in told(tmp_path)
    assert 'success_timestamp_seconds{what="lists"} 5000\n' in told(tmp_path)
    said["apt-get"] = said["needrestart"] = ""
    look.main(textfile=True, as_json=False)
    assert "nginx" not in told(tmp_path)
    assert "a.service" not in told(tmp_path)


def test_a_flag_is_told_with_its_packages_and_the_refusal_goes_with_it(machine):
    tmp_path, _ = machine
    (tmp_path / "reboot-required").touch()
    os.utime(tmp_path / "reboot-required", (300, 300))
    (tmp_path / "reboot-required.pkgs").write_text("linux-image\n")
    (tmp_path / look.REFUSED).write_text("x 1\n")
    look.main(textfile=True, as_json=False)
    assert 'reboot_required_since_timestamp_seconds{why="linux-image",helps="yes"} 300\n' in told(tmp_path)
    assert (tmp_path / look.REFUSED).exists()
    (tmp_path / "reboot-required").unlink()
    look.main(textfile=True, as_json=False)
    assert not (tmp_path / look.REFUSED).exists()


def test_without_the_role_nothing_is_told(machine, monkeypatch, capsys):
    tmp_path, _ = machine
    look.main(textfile=True, as_json=False)
    monkeypatch.setattr(settings, "load", lambda: None)
    look.main(textfile=True, as_json=False)
    assert not (tmp_path / look.METRICS).exists()
    look.main(textfile=False, as_json=False)
    assert "role security_updates" in capsys.readouterr().out


def test_a_person_and_a_program_are_told_the_same(machine, capsys):
    look.main(textfile=False, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert [one["package"] for one in document["updates"]] == ["nginx"]
    assert [one["name"] for one in document["outdated"]] == ["a.service"]
    look.main(textfile=False, as_json=False)
    assert "1 upgrades wait, 1 for security: nginx" in capsys.readouterr().out


def test_a_tool_that_fails_is_told_in_its_own_words(machine):
    _, said = machine
    del said["apt-get"]
    with pytest.raises(BongsuError, match=r"^apt-get --simulate .*: no$"):
        look.main(textfile=True, as_json=False)
