"""What waits on a host is read from what its tools print, and since when is remembered in what is told."""

import datetime as dt

import pytest
from ansible.module_utils.bongsu.updates import report, restarts, waiting
from ansible.module_utils.bongsu.updates.window import Window

SIMULATED = """\
Reading package lists...
Inst libssl3 [3.0.17-1] (3.0.18-1 Debian-Security:12/oldstable-security, Debian:12.13/oldstable [amd64])
Inst nginx [1.22.1-9] (1.22.1-10 Debian:12.13/oldstable [amd64]) []
Inst linux-image-6.1.0-41-amd64 (6.1.150-1 Debian-Security:12/oldstable-security [amd64])
Inst linux-image-amd64 [6.1.140-1] (6.1.150-1 Debian-Security:12/oldstable-security [amd64])
Inst libc6:i386 [2.36-9] (2.36-10 Debian-Security:13/stable-security [i386])
Conf libssl3 (3.0.18-1 Debian-Security:12/oldstable-security [amd64])
"""
OPENSSL = waiting.Update("libssl3", security=True, kept=False)
NGINX = waiting.Update("nginx", security=False, kept=True)


def state(**more):
    values = {"updates": {}, "outdated": {}, "reboot": None, "lists": 10.0, "upgraded": 20.0, "window": None, **more}
    return report.State(**values)


def test_upgrades_are_read_with_their_kind_and_new_packages_are_none():
    found = waiting.read(SIMULATED, held=["nginx"], kept=["libc6"])
    assert [(one.package, one.security, one.kept) for one in found] == [
        ("libc6:i386", True, True),
        ("libssl3", True, False),
        ("linux-image-amd64", True, False),
        ("nginx", False, True),
    ]
    assert waiting.read("Reading package lists...\n", [], []) == []


def test_since_when_is_as_at_the_last_look_and_forgotten_when_it_is_over():
    assert waiting.since(["a", "b"], {"a": 5.0, "c": 1.0}, 9.0) == {"a": 5.0, "b": 9.0}
    assert waiting.since(["a"], {"a": 50.0}, 9.0) == {"a": 9.0}  # the clock was wrong then


def test_what_is_told_is_remembered():
    odd = 'say "hi"\\now'
    told = state(
        updates={OPENSSL: 100.0, NGINX: 200.0}, outdated={("service", "a.service"): 3.0, ("session", odd): 4.0}
    )
    memory = report.remember(report.metrics(told).decode())
    assert memory.packages == {"libssl3": 100.0, "nginx": 200.0}
    assert memory.outdated == {("service", "a.service"): 3.0, ("session", odd): 4.0}
    assert report.remember("") == report.Memory()


def test_the_metrics_of_all_there_is():
    reboot = restarts.Reboot("kernel 6.1.0-41-amd64", 7.0)
    text = report.metrics(state(updates={OPENSSL: 100.0, NGINX: 200.0}, reboot=reboot, window=300.0)).decode()
    for line in (
        'bongsu_updates_waiting{security="yes"} 1',
        'bongsu_updates_waiting{security="no"} 1',
        'bongsu_update_waiting_since_timestamp_seconds{package="nginx",security="no",kept="yes"} 200',
        'bongsu_updates_last_success_timestamp_seconds{what="lists"} 10',
        'bongsu_updates_last_success_timestamp_seconds{what="upgrade"} 20',
        'bongsu_reboot_required_since_timestamp_seconds{why="kernel 6.1.0-41-amd64",helps="yes"} 7',
        "bongsu_reboot_window_timestamp_seconds 300",
    ):
        assert line in text.splitlines()
    assert text.endswith("\n")


def test_a_point_release_does_not_become_hundreds_of_series_and_is_counted_whole():
    many = {waiting.Update(f"p{number}", security=False, kept=False): float(number) for number in range(300)}
    text = report.metrics(state(updates=many)).decode()
    assert 'bongsu_updates_waiting{security="no"} 300' in text
    assert text.count("\nbongsu_update_waiting_since") == report.MOST_SERIES
    assert 'package="p0"' in text


def test_a_person_is_told_the_same():
    reboot = restarts.Reboot("linux-image", 0.0, helps=False)
    lines = report.table(state(updates={OPENSSL: 1.0, NGINX: 2.0}, outdated={("service", "db"): 0.0}, reboot=reboot))
    assert lines[0] == "2 upgrades wait, 1 for security: libssl3"
    assert "nginx is kept at its version" in lines
    assert "service db runs with old files since 1970-01-01 00:00 UTC" in lines
    assert "look at the boot loader" in lines[-2]
    assert lines[-1] == "never reboots by itself"


REPORT = """\
NEEDRESTART-VER: 3.6
NEEDRESTART-KCUR: 6.1.0-40-amd64
NEEDRESTART-KEXP: 6.1.0-41-amd64
NEEDRESTART-KSTA: {}
NEEDRESTART-SVC: nginx.service
NEEDRESTART-SVC: ssh.service
NEEDRESTART-SESS: admin @ session #3
"""


@pytest.mark.parametrize(
    ("status", "kernel"), [(0, None), (1, None), (2, "6.1.0-41-amd64"), (3, "6.1.0-41-amd64"), ("", None)]
)
def test_what_runs_with_old_files_and_the_kernel_that_waits(status, kernel):
    found = restarts.read(REPORT.format(status))
    assert found.kernel == kernel
    assert found.running == (
        ("service", "nginx.service"),
        ("service", "ssh.service"),
        ("session", "admin @ session #3"),
    )
    assert restarts.read("NEEDRESTART-VER: 3.11\n") == restarts.Outdated((), None)


def test_a_reboot_is_wanted_for_a_flag_or_a_kernel_that_came_after_the_boot():
    assert restarts.reboot(None, "", None, 100.0) is None
    assert restarts.reboot(50.0, "linux-image-1\ndbus\n", None, 10.0) == restarts.Reboot("linux-image-1 dbus", 50.0)
    assert restarts.reboot(50.0, "", ("6.1", 60.0), 10.0) == restarts.Reboot("a package", 50.0)
    assert restarts.reboot(None, "", ("6.1", 60.0), 10.0) == restarts.Reboot("kernel 6.1", 60.0)


def test_a_kernel_that_the_last_boot_did_not_take_is_no_reason_to_boot_again():
    found = restarts.reboot(None, "", ("6.1", 60.0), booted=100.0)
    assert found == restarts.Reboot("kernel 6.1", 60.0, helps=False)


def at(text):
    return dt.datetime.fromisoformat(f"{text}+00:00")


WINDOW = Window.read("23:30", 60, ["Mon", "Thu"])  # 2026-11-23 is a Monday


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        ("2026-11-23T23:29:59", None),
        ("2026-11-23T23:30:00", "2026-11-24T00:30:00"),
        ("2026-11-24T00:29:59", "2026-11-24T00:30:00"),
        ("2026-11-24T00:30:00", None),
        ("2026-11-24T23:45:00", None),
        ("2026-11-26T23:45:00", "2026-11-27T00:30:00"),
    ],
)
def test_a_window_may_reach_past_midnight(now, closes):
    assert WINDOW.closes(at(now)) == (at(closes) if closes else None)


def test_the_next_opening():
    assert WINDOW.next_opening(at("2026-11-23T23:30:00")) == at("2026-11-26T23:30:00")
    assert WINDOW.next_opening(at("2026-11-23T10:00:00")) == at("2026-11-23T23:30:00")
    assert Window.read("02:00", 60, ["Wed"]).next_opening(at("2026-11-25T02:00:00")) == at("2026-12-02T02:00:00")
    assert Window.read("02:00", 60, []).next_opening(at("2026-11-25T02:00:00")) is None
