"""What apt, needrestart and timers come to is read as they tell it."""

import shutil

import pytest
from ansible.module_utils.bongsu import controls, host
from ansible.module_utils.bongsu.component.units import UnitState
from ansible.module_utils.bongsu.effective import apt, needrestart, timer
from ansible.module_utils.bongsu.errors import BongsuError

DUMP = """\
APT::Periodic "";
APT::Periodic::Update-Package-Lists "always";
Unattended-Upgrade::Origins-Pattern "";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,label=Debian";
Unattended-Upgrade::Origins-Pattern:: "origin=Docker,label=Docker CE";
Unattended-Upgrade::Package-Blacklist "";
DPkg::Post-Invoke:: "test -x /x && echo \\"y\\" || true";
"""
PATTERNS = "Unattended-Upgrade::Origins-Pattern"


def verdict(text=DUMP, **sets):
    control = {"id": "updates.x", "state": "applied", "apt": sets}
    return controls.judge("security_updates", control, {"apt": apt.read(text)})


def test_apts_lists_are_compared_element_by_element():
    right = ["origin=Docker,label=Docker CE", "origin=Debian,label=Debian"]
    assert verdict(**{PATTERNS: right, "APT::Periodic::Update-Package-Lists": "always"}).state == "applied"
    # no word is new, and it lets in whatever Debian has
    wider = DUMP + f'{PATTERNS}:: "origin=Debian";\n'
    assert verdict(wider, **{PATTERNS: right}).state == "ineffective"
    assert verdict(**{PATTERNS: right[:1]}).state == "ineffective"


def test_a_list_that_must_be_empty():
    empty = {"Unattended-Upgrade::Package-Blacklist": "-*"}
    assert verdict(**empty).state == "applied"
    told = verdict(DUMP + 'Unattended-Upgrade::Package-Blacklist:: "linux-";\n', **empty)
    assert told.words == ("Unattended-Upgrade::Package-Blacklist still has linux-",)


def test_apt_is_asked_and_its_failure_told(monkeypatch):
    monkeypatch.setattr(host, "run", lambda argv: host.Output(0, DUMP) if argv == ["apt-config", "dump"] else None)
    assert apt.look(["x"])["apt::periodic::update-package-lists"] == ["always"]
    monkeypatch.setattr(host, "run", lambda _: host.Output(100, "E: Syntax error"))
    with pytest.raises(BongsuError, match="Syntax error"):
        apt.look(["x"])


@pytest.mark.skipif(shutil.which("perl") is None, reason="needrestart's configuration is Perl")
def test_needrestarts_configuration_is_read_with_what_it_includes(tmp_path, monkeypatch):
    main = tmp_path / "needrestart.conf"
    monkeypatch.setattr(needrestart, "CONFIGURATION", str(main))
    included = tmp_path / "later.conf"
    main.write_text(
        f"$nrconf{{restart}} = 'i'; $nrconf{{override_rc}} = {{qr(^x) => 0}};\n"
        f"eval do {{local(@ARGV, $/) = '{included}'; <>}};"
    )
    included.write_text("$nrconf{restart} = 'l';")
    found = needrestart.look(["restart"])
    assert found["restart"] == ["l"]
    assert "override_rc" not in found
    main.write_text("$nrconf{restart = 'i';")
    with pytest.raises(BongsuError, match="syntax error"):
        needrestart.look(["restart"])


def test_a_timer_runs_and_comes_back_or_not(monkeypatch):
    def unit(name, **more):
        values = {"found": True, "failed": False, "can_enable": True, "masked": False, "invocation": ""}
        return UnitState(name=name, needs_daemon_reload=False, started_at=None, **values, **more)

    states = {
        "a.timer": unit("a.timer", active=True, enabled=True),
        "B.timer": unit("B.timer", active=False, enabled=False),
    }
    monkeypatch.setattr(host, "unit_states", lambda names: {name: states[name] for name in names})
    assert timer.look({"a.timer", "B.timer"}) == {"a.timer": ["active", "enabled"], "b.timer": ["inactive", "disabled"]}
