"""What chronyd says of itself is read as it is printed; a daemon that does not run is told."""

import pytest
from ansible.module_utils.bongsu import host
from ansible.module_utils.bongsu.controls import Unavailable
from ansible.module_utils.bongsu.effective import LOOK, chrony, clock
from ansible.module_utils.bongsu.errors import BongsuError

CONFIGURATION = """\
pool 2.debian.pool.ntp.org iburst
makestep 1 3
server Time.Example.org iburst nts
makestep 0.1 -1
rtcsync

refclock PPS /dev/pps0
cmdport 0
"""
FOLLOWS = "0A59660C,10.89.102.12,9,1795603480.67,-0.0,0.0,0.0,-0.496,-0.000,41.9,0.0,0.0,2.0,Normal"
NOBODY = "00000000,,0,0.000000000,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised"


def test_the_last_word_of_a_directive_counts_and_servers_are_all_that_there_are():
    assert chrony.read(CONFIGURATION) == {
        "servers": ["2.debian.pool.ntp.org", "refclock", "time.example.org"],
        "makestep": ["0.1", "-1"],
        "rtcsync": ["yes"],
        "port": ["123"],  # where nobody says so, it would listen
        "cmdport": ["0"],
    }


def test_a_leap_second_to_come_does_no_harm():
    assert clock.follows(FOLLOWS)
    assert clock.follows(FOLLOWS.replace("Normal", "Insert second"))
    assert not clock.follows(NOBODY)
    with pytest.raises(BongsuError, match="tells nothing of tracking: 506"):
        clock.follows("506 Cannot talk to daemon")


def say(monkeypatch, tmp_path, answers, options):
    """Have this very process stand for chronyd."""
    process = tmp_path / "1"
    process.mkdir()
    (process / "cmdline").write_text("\0".join(options))
    pid = tmp_path / "pid"
    pid.write_text(f"{process}\n")  # absolute, and so not below /proc
    monkeypatch.setattr(chrony, "PID_FILE", pid)
    monkeypatch.setattr(host, "run", lambda argv: answers[argv[0]])


def test_it_is_asked_and_so_is_its_process(monkeypatch, tmp_path):
    answers = {"chronyd": host.Output(0, CONFIGURATION), "chronyc": host.Output(0, NOBODY)}
    say(monkeypatch, tmp_path, answers, ["/usr/sbin/chronyd", "-F", "1"])
    assert LOOK["clock"](["followed"]) == {"followed": ["no"]}
    found = LOOK["chrony"](["user"])
    assert found["user"] == [(tmp_path / "1").owner()]
    assert found["makestep"] == ["0.1", "-1"]


def test_what_sets_the_clock_is_not_to_be_had_in_a_container(monkeypatch, tmp_path):
    answers = {"chronyd": host.Output(0, CONFIGURATION), "chronyc": host.Output(0, FOLLOWS)}
    say(monkeypatch, tmp_path, answers, ["/usr/sbin/chronyd", "-F", "1", "-x"])
    assert clock.look(["followed"]) == {"followed": ["yes"]}
    found = chrony.look(["makestep"])
    assert isinstance(found["rtcsync"], Unavailable)
    assert isinstance(found["makestep"], Unavailable)


def test_a_daemon_that_does_not_run_or_answer_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(chrony, "PID_FILE", tmp_path / "none")
    with pytest.raises(BongsuError, match=r"chronyd does not run \(No such file or directory\)"):
        chrony.look([])
    answers = {"chronyd": host.Output(0, CONFIGURATION), "chronyc": host.Output(1, "506 Cannot talk to daemon")}
    say(monkeypatch, tmp_path, answers, ["chronyd"])
    with pytest.raises(BongsuError, match="'chronyc -c tracking' failed: 506"):
        clock.look([])
