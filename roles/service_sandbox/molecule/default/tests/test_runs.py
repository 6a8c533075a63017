"""What takes runs of the role, on both hosts at once: what is refused, what is undone, and what is given back."""

import pytest
from lab_side import until
from sandboxes import DROP_IN, MONITORING, UNITS, both, controls, run, said, shown

HOSTILE = {"prometheus.service": {"ProtectSystem": ["strict"]}}  # nothing that it may write to
MOVED = {"prometheus_extra_arguments": ["--storage.tsdb.path=/srv/metrics"]}


@pytest.fixture
def hosts():
    return both()


@pytest.fixture
def again():
    """Leave the hosts as converge.yml makes them."""
    yield
    done = run(tags="services,service_sandbox")
    assert done.returncode == 0, done.stdout


def well(host):
    return until(lambda: all(shown(host, unit, "ActiveState")["ActiveState"] == "active" for unit in UNITS))


def test_a_sandbox_that_ends_the_service_is_taken_back(hosts):
    before = {name: host.check_output(f"cat {DROP_IN.format('prometheus.service')}") for name, host in hosts.items()}
    done = run(__service_sandbox_rows=HOSTILE)
    assert done.returncode == 2
    assert "Everything was put back as before" in said(done)
    for name, host in hosts.items():
        assert host.check_output(f"cat {DROP_IN.format('prometheus.service')}") == before[name]
        assert well(host)
        assert {one["state"] for one in controls(host).values()} == {"applied"}


def test_what_a_service_does_elsewhere_is_asked_about_before_anything_is_touched(hosts, again):
    assert run(service_sandbox_state="absent").returncode == 0
    for host in hosts.values():
        host.run_expect([0], "install -d -o prometheus -g prometheus /srv/metrics")
        host.run_expect(
            [0],
            "printf '[Service]\\nUser=root\\n' > /etc/systemd/system/prometheus-blackbox-exporter.service.d/own.conf"
            " && systemctl daemon-reload && systemctl restart prometheus-blackbox-exporter",
        )
    moved = run(tags="prometheus", **MOVED)
    assert moved.returncode == 0, moved.stdout
    before = [[shown(host, unit, "InvocationID") for unit in UNITS] for host in hosts.values()]
    for arguments in (("--check",), ()):
        done = run(*arguments, service_sandbox_prometheus_arguments=[], **MOVED)
        assert done.returncode == 2
        told = said(done)
        assert "service_sandbox_write_paths: {prometheus.service: [/srv/metrics]}" in told
        assert "prometheus-blackbox-exporter.service runs as root" in told
    assert before == [[shown(host, unit, "InvocationID") for unit in UNITS] for host in hosts.values()]
    for host in hosts.values():
        host.run_expect(
            [0],
            "rm /etc/systemd/system/prometheus-blackbox-exporter.service.d/own.conf"
            " && systemctl daemon-reload && systemctl restart prometheus-blackbox-exporter",
        )
    allowed = run(**MOVED)
    assert allowed.returncode == 0, allowed.stdout
    for host in hosts.values():
        assert {one["state"] for one in controls(host).values()} == {"applied"}
        assert well(host)


def test_one_service_is_waived_and_no_other_is_touched(hosts, again):
    others = [unit for unit in UNITS if unit != "chrony.service"]
    before = [[shown(host, unit, "InvocationID") for unit in others] for host in hosts.values()]
    waiver = {"waived": "it sends mail", "until": "2099-12-31"}
    done = run(service_sandbox_controls={"sandbox.chrony": waiver, "sandbox.chrony-calls": waiver})
    assert done.returncode == 0, done.stdout
    for host in hosts.values():
        assert shown(host, "chrony", "NoNewPrivileges") == {"NoNewPrivileges": "no"}
        assert controls(host)["sandbox.chrony"]["state"] == "waived"
        assert well(host)
    assert before == [[shown(host, unit, "InvocationID") for unit in others] for host in hosts.values()]


def test_small_is_all_in_effect_as_well(hosts, again):
    done = run(service_sandbox_profile="small")
    assert done.returncode == 0, done.stdout
    for host in hosts.values():
        told = controls(host)
        assert {one["state"] for one in told.values()} == {"applied"}
        assert not [name for name in told if name.endswith(("-calls", "-rights"))]
        assert well(host)


def test_absent_gives_the_services_back(hosts, again):
    done = run(service_sandbox_state="absent")
    assert done.returncode == 0, done.stdout
    for host in hosts.values():
        assert host.run("find /etc/systemd /etc/bongsu -name '*sandbox*'").stdout == ""
        assert well(host)
        now = [shown(host, unit, "UnitFileState", "ProtectSystem", "SystemCallFilter") for unit in MONITORING[:2]]
        plain = {"UnitFileState": "enabled", "SystemCallFilter": "~"}
        assert now == [plain | {"ProtectSystem": "full"}, plain | {"ProtectSystem": "no"}]
        number = shown(host, MONITORING[1], "MainPID")["MainPID"]
        assert "Seccomp:\t0" in host.file(f"/proc/{number}/status").content_string
    assert run(service_sandbox_state="absent").stdout.count("changed=0") == 2
