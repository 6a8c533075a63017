"""Two monitors and their servers, from bare hosts to one that has died: the promises that span hosts, in order."""

from __future__ import annotations

import time

import pytest
from operator_side import said

from bongsu import proof

pytestmark = pytest.mark.usefixtures("provisioned")


MONITORS = ("monitor1", "monitor2")


@pytest.fixture(scope="module")
def provisioned(pair):
    """Every host but the newcomer is provisioned, bare as it was."""
    return pair.succeed("site.yml", limit="all:!newcomer")


def test_check_mode_on_a_bare_host_predicts_and_touches_nothing(pair):
    before = pair.lab.run("newcomer", "ls /etc /var/lib; dpkg --list | sha256sum").stdout
    predicted = pair.succeed("site.yml", limit="newcomer", check=True, diff=True)
    assert predicted.hosts["newcomer"].changed
    assert pair.lab.run("newcomer", "ls /etc /var/lib; dpkg --list | sha256sum").stdout == before


def test_a_new_host_is_watched_by_every_monitor_through_limit_alone(pair, eventually):
    assert "newcomer" not in pair.watched("monitor1")
    pair.succeed("site.yml", limit="newcomer")
    everybody = {*MONITORS, "server1", "newcomer"}
    eventually(lambda: all(pair.watched(monitor) == everybody for monitor in MONITORS), 30)


def test_verify_proves_the_whole_and_the_test_alerts_arrive(pair):
    pair.succeed("verify.yml")
    labels = [alert["labels"] for entry in pair.lab.received() for alert in entry["body"]["alerts"]]
    assert any("bongsu_test" in label for label in labels)


def test_nothing_changes_the_second_time(pair):
    result = pair.succeed("site.yml")
    assert {name: host.changed for name, host in result.hosts.items()} == dict.fromkeys(result.hosts, 0)


def test_no_secret_is_left_in_artifacts_or_in_a_hosts_log(pair):
    for name, secret in pair.lab.secrets().items():
        needle = secret.splitlines()[1] if "\n" in secret else secret
        artifacts = [path for path in pair.lab.state.path.glob("*/**/*") if path.is_file() and "site" in str(path)]
        assert artifacts
        guilty = [str(path) for path in artifacts if needle.encode() in path.read_bytes()]
        assert not guilty, f"{name} is in {guilty}"
        for host in ("monitor1", "server1"):
            journal = pair.lab.run(host, "journalctl --no-pager --output=cat").stdout
            assert needle not in journal, f"{name} is in {host}'s journal"


def test_a_page_arrives_exactly_once(pair):
    assert proof.stop_and_time(pair.lab, "server1").notifications == 1


def test_a_daemon_that_missed_its_new_configuration_gets_it_from_the_next_run(pair):
    """Somebody changed what a daemon reads and never restarted it; its file is right again, and it is still wrong."""
    unit, options = "prometheus-node-exporter.service", "/etc/default/prometheus-node-exporter"
    pair.lab.run(
        "server1",
        f"cp -p {options} /root/kept && sed -i 's/--collector.systemd /--no-collector.systemd /' {options} && "
        f"systemctl restart {unit} && sleep 1 && cat /root/kept > {options} && rm /root/kept",
        check=True,
    )
    result = pair.succeed("site.yml", limit="server1")
    assert result.hosts["server1"].changed
    running = pair.lab.run("server1", f"tr '\\0' ' ' < /proc/$(systemctl show -P MainPID {unit})/cmdline").stdout
    assert "--collector.systemd " in running
    assert "--no-collector.systemd" not in running


def test_a_page_arrives_once_while_a_monitor_is_dead(pair):
    pair.lab.kill("monitor1")
    try:
        assert proof.stop_and_time(pair.lab, "server1").notifications == 1
    finally:
        pair.lab.start("monitor1")


def test_a_host_joins_the_living_monitor_and_the_dead_one_is_reported(pair):
    pair.lab.kill("monitor2")
    try:
        result = pair.run("site.yml", limit="newcomer")
        assert result.status == "failed"
        assert "is not watched by monitor2" in said(result)
        assert "newcomer" in pair.watched("monitor1")
    finally:
        pair.lab.start("monitor2")
    pair.succeed("site.yml", limit="newcomer")


def test_the_traces_of_a_dead_host_vanish_from_the_monitors(pair, eventually):
    killed = time.time()
    pair.lab.kill("newcomer")
    eventually(
        lambda: pair.query("monitor1", 'ALERTS{alertname="HostDown",instance="newcomer",alertstate="firing"}'), 30
    )
    target = "/etc/prometheus/targets.d/node/newcomer.yml"
    pair.succeed("decommission.yml", extra_vars={"host": "newcomer"}, check=True)
    assert all(pair.lab.run(monitor, ["test", "-e", target]).returncode == 0 for monitor in MONITORS)
    pair.succeed("decommission.yml", extra_vars={"host": "newcomer"})
    assert all(pair.lab.run(monitor, ["test", "-e", target]).returncode != 0 for monitor in MONITORS)
    for series in ('up{instance="newcomer"}', 'ALERTS{instance="newcomer",alertstate="firing"}'):
        eventually(lambda series=series: not any(pair.query(monitor, series) for monitor in MONITORS), 180)
    pages = {
        alert["labels"]["alertname"]
        for entry in pair.lab.received()
        for alert in entry["body"]["alerts"]
        if entry["received_at"] > killed and alert["labels"].get("instance") == "newcomer"
        if alert["labels"].get("severity") == "page"
    }
    assert pages <= {"HostDown"}, "whoever takes a dead host away must not be paged for it again"
