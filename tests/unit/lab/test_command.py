from __future__ import annotations

import os

import pytest

from bongsu.errors import BadInput
from bongsu.lab import command
from bongsu.lab.lab import HostStatus


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("verb", [["up"], ["down"], ["status"], ["ssh", "server1"]])
def test_without_root_every_verb_is_bad_input(verb, capsys):
    assert command.main(verb) == BadInput.exit_status == 2
    assert "needs root" in capsys.readouterr().err


def test_an_unknown_inventory_is_bad_input(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert command.main(["--inventory", str(tmp_path / "none"), "status"]) == 2
    assert "no such inventory" in capsys.readouterr().err


def test_a_verb_is_required(capsys):
    with pytest.raises(SystemExit):
        command.main([])
    assert "VERB" in capsys.readouterr().err


def test_status_without_a_terminal_is_plain_text(capsys):
    command.show([HostStatus("web", "13", "10.89.77.21", "stopped", "")])
    title, row = capsys.readouterr().out.splitlines()
    assert title.split() == ["host", "debian", "address", "container", "system"]
    assert row.split() == ["web", "13", "10.89.77.21", "stopped", "-"]
