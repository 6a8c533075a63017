"""When a look begins, and how one that cannot be made ends."""

import pytest
from ansible.module_utils.bongsu import hosttool
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.integrity import kept, look


@pytest.fixture
def clock(monkeypatch):
    """Seconds that go by only while somebody waits for dpkg."""
    now = [0.0]
    monkeypatch.setattr(look.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(look, "_MARKS", ())
    return now


def test_it_waits_for_packages_as_long_as_it_has_patience(clock, monkeypatch):
    def busy():
        clock[0] += 300
        if clock[0] < ends_at:
            raise BongsuError("another dpkg has been at work for 300 s")

    monkeypatch.setattr(look.interrupted, "wait_for_others", busy)
    ends_at = 1500
    assert look._rest() == ()
    clock[0], ends_at = 0.0, 9000
    with pytest.raises(BongsuError, match="another dpkg"):
        look._rest()


def test_a_first_database_is_waited_for_while_it_is_being_made(clock, tmp_path, monkeypatch):
    states = ["activating", "activating", "active"]
    monkeypatch.setattr(look.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    monkeypatch.setattr(look.host, "run", lambda _argv: look.host.Output(0, states.pop(0)))
    monkeypatch.setattr(kept, "DATABASE", tmp_path / "aide.db")
    look.wait_for_the_first(60)
    assert states == []
    assert clock[0] < 2
    states += ["activating"] * 10**3
    look.wait_for_the_first(60)
    assert 60 <= clock[0] < 65


def test_one_that_cannot_be_made_is_no_success_of_the_unit(tmp_path, monkeypatch, capsys):
    """The unit takes 1, which says that something was found, for a success."""
    monkeypatch.setattr(kept, "CONFIG", tmp_path / "none")
    assert hosttool.main(["integrity", "look"]) == 2
    assert hosttool.main(["integrity", "show"]) == 1
    assert "not told to look after its files" in capsys.readouterr().err
