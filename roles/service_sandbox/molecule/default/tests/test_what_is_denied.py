"""What a sandbox denies is really denied, and where it is not in effect, that is told."""

import re

import pytest
from sandboxes import DROP_IN, MONITORING, TOOL, UNITS, controls, filters, inside, shown

OF_ITS_OWN = MONITORING[:3]  # these write to their own directories alone, and see no homes
WRITES = {"prometheus.service": "metrics2", "prometheus-alertmanager.service": "alertmanager"}
RIGHTS = {"prometheus-blackbox-exporter.service": 1 << 13, "fail2ban.service": 1 << 2 | 1 << 12 | 1 << 13}
# What `systemd-analyze security` finds to attack, of 10, at most; without the sandbox it finds more.
EXPOSED = {"chrony.service": 4.0, "fail2ban.service": 3.0, "prometheus-node-exporter.service": 5.5}


def test_every_control_is_in_effect(host):
    told = controls(host)
    assert {name: (one["state"], one["words"]) for name, one in told.items()} == dict.fromkeys(told, ("applied", []))
    assert len(told) == 12


@pytest.mark.parametrize("unit", [*OF_ITS_OWN, "fail2ban.service", "chrony.service"])
def test_a_write_elsewhere_fails_even_for_root(host, unit):
    for place in ("/etc", "/usr", "/usr/bin", "/var/lib", "/boot", "/srv"):
        told = inside(host, unit, f"echo x > {place}/zz-test")
        assert told.rc != 0
        assert "Read-only file system" in told.stderr
        assert not host.file(f"{place}/zz-test").exists
    for other, name in WRITES.items():
        path = f"/var/lib/prometheus/{name}/zz-test"
        assert (inside(host, unit, f"echo x > {path} && rm {path}").rc == 0) == (unit == other)


@pytest.mark.parametrize("unit", OF_ITS_OWN)
def test_homes_and_others_temporary_files_are_not_seen(host, unit):
    host.run_expect([0], "touch /root/zz-test /tmp/zz-test")
    try:
        assert inside(host, unit, "ls /root/zz-test").rc != 0
        assert inside(host, unit, "ls /tmp/zz-test").rc != 0
        assert inside(host, unit, "ls /dev/null /dev/urandom").rc == 0
    finally:
        host.run("rm -f /root/zz-test /tmp/zz-test")


@pytest.mark.parametrize("unit", UNITS)
def test_the_process_has_the_rights_of_its_row_and_no_others(host, unit):
    number = shown(host, unit, "MainPID")["MainPID"]
    lines = host.file(f"/proc/{number}/status").content_string.splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert filters(host, number) > filters(host, 1)  # the container's own
    if unit != "chrony.service":  # whose rights are those of Debian's unit
        assert int(status["CapBnd"], 16) == RIGHTS.get(unit, 0)


@pytest.mark.parametrize("unit", UNITS)
def test_systemds_own_judge_finds_less_to_attack(host, unit):
    path = DROP_IN.format(unit)

    def exposure():
        told = host.run(f"systemctl daemon-reload; systemd-analyze security --no-pager {unit} | tail -n 1").stdout
        return float(re.search(r"(\d+\.\d)", told)[1])

    after = exposure()
    host.run_expect([0], f"mv {path} {path}.away")
    try:
        before = exposure()
    finally:
        host.run_expect([0], f"mv {path}.away {path} && systemctl daemon-reload")
    assert after < before
    assert after <= EXPOSED.get(unit, 2.0)


@pytest.fixture
def defeated(host):
    """Override a unit, or take its sandbox away, and put it right again."""
    unit = MONITORING[2]
    path = DROP_IN.format(unit)

    def defeat(*steps):
        host.run_expect([0], " && ".join(steps).format(unit=unit, path=path))
        told = host.run(f"{TOOL} controls service_sandbox")
        assert told.rc == 1
        return told.stdout

    yield defeat
    host.run(f"test -e {path}.away && mv {path}.away {path}; rm -f /etc/systemd/system/{unit}.d/zzz.conf")
    host.run_expect([0], f"systemctl daemon-reload && systemctl reset-failed {unit} && systemctl restart {unit}")
    assert host.run(f"{TOOL} controls service_sandbox").rc == 0


OVERRIDE = "printf '[Service]\\nProtectSystem=no\\n' > /etc/systemd/system/{unit}.d/zzz.conf"
READ, RESTARTED = "systemctl daemon-reload", "systemctl reset-failed {unit} && systemctl restart {unit}"
AWAY, BACK = "mv {path} {path}.away", "mv {path}.away {path}"
TICK = "sleep 0.1"  # the kernel stamps files by a clock that lags a few milliseconds behind systemd's


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((OVERRIDE, READ, RESTARTED), "{unit}/ProtectSystem is 'no', and should be 'strict'"),
        ((OVERRIDE,), "systemd has not read the files of {unit}"),
        ((AWAY, READ, RESTARTED, TICK, BACK, "touch {path}", READ), "{unit} has not been restarted since"),
        ((AWAY, READ, RESTARTED, BACK, READ), "{unit} can write to /var, /"),
    ],
)
def test_what_defeats_it_is_told(defeated, steps, words):
    assert words.format(unit=MONITORING[2]) in defeated(*steps)
