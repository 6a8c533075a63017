"""Who has nothing to do is left alone, whoever has is not; and who is converged when, in the hosts' own order."""

from __future__ import annotations

import pytest
from operator_side import said

from bongsu.events import Event

MONITORS = ("monitor1", "monitor2")
HOSTS = {*MONITORS, "server1", "newcomer"}
# Converges something on every host, and restarts the monitors' Prometheus.
OTHER = {"prometheus_scrape_interval": "14s", "node_exporter_extra_arguments": ["--collector.logind"]}


@pytest.fixture(scope="module")
def pair(provisioned_pair):
    return provisioned_pair


def site(pair, **options):
    """Run site.yml; return its result, and the hosts that were converged, in the order in which that began."""
    began: list[str] = []

    def take(event: Event) -> None:
        if event.kind == "start" and "Converge the host's certificate" in event.task:
            began.append(event.host)

    return pair.run("site.yml", on_event=take, **options), began


def converged(pair, **options) -> list[str]:
    result, began = site(pair, **options)
    assert result.status == "ok", said(result)
    return began


def test_with_nothing_to_do_every_host_is_asked_and_no_more(pair):
    result, began = site(pair)
    assert result.status == "ok"
    assert began == []
    assert result.hosts.keys() == HOSTS
    assert all(host.ok <= 3 and host.changed == 0 for host in result.hosts.values())


def test_asked_for_in_full_everything_is_looked_at_and_nothing_changed(pair):
    result, began = site(pair, extra_vars={"bongsu_full": True})
    assert set(began) == HOSTS
    assert {name: host.changed for name, host in result.hosts.items()} == dict.fromkeys(HOSTS, 0)
    assert converged(pair) == []


# What somebody does on a host, and the host whose run repairs it. All other kinds of drift: bench `drift`.
TAMPERED = {
    "a file": ("server1", "echo x >> /etc/default/prometheus-node-exporter", "server1"),
    "the toolkit": ("server1", "rm /usr/lib/bongsu/bongsu", "server1"),
    "the host's key": ("newcomer", "chmod 0644 /etc/bongsu/tls/host.key", "newcomer"),
    "a manifest": ("newcomer", "rm /var/lib/bongsu/components/node_exporter.json", "newcomer"),
    "a target on a monitor": ("monitor2", "rm /etc/prometheus/targets.d/node/server1.yml", "server1"),
    "a target's manifest": ("monitor1", "rm /var/lib/bongsu/components/scrape_target.newcomer.json", "newcomer"),
    "a daemon started by hand with another file": (
        "monitor2",
        "cp -p /etc/default/prometheus /root/kept && sed -i 's/30d/29d/' /etc/default/prometheus && "
        "systemctl restart prometheus && sleep 1 && cat /root/kept > /etc/default/prometheus",
        "monitor2",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whoever_was_tampered_with_is_repaired_and_nobody_else_is_touched(pair, what):
    where, command, whose = TAMPERED[what]
    pair.lab.run(where, command, check=True)
    result, began = site(pair)
    assert result.status == "ok", said(result)
    assert began == [whose]
    assert result.hosts[whose].changed > 0


def test_after_the_repairs_nobody_is_left(pair):
    assert converged(pair) == []


def test_limited_to_a_host_it_is_looked_at_and_its_next_whole_run_knows(pair):
    assert converged(pair, limit="newcomer") == ["newcomer"]
    assert converged(pair) == []


def test_monitors_go_one_after_the_other_then_one_host_then_the_rest(pair):
    log: list[tuple[str, str, str]] = []
    pair.succeed(
        "site.yml", extra_vars=OTHER, on_event=lambda e: log.append((e.kind, e.host, e.task.rpartition(" : ")[2]))
    )
    first = {host: log.index(("start", host, "Converge the host's certificate")) for host in HOSTS}
    done = {host: log.index(("ok", host, "Converge Prometheus")) for host in MONITORS}
    canary_done = log.index(("ok", "server1", "Converge the node exporter"))
    assert done["monitor1"] < first["monitor2"] < done["monitor2"] < first["server1"] < canary_done < first["newcomer"]
    pair.succeed("site.yml")


def test_the_sick_monitor_is_repaired_before_the_healthy_one_is_touched(pair):
    pair.lab.run("monitor2", ["systemctl", "stop", "prometheus"], check=True)
    assert converged(pair, extra_vars=OTHER)[:2] == ["monitor2", "monitor1"]
    pair.succeed("site.yml")


def test_the_only_monitor_that_works_is_not_touched_until_the_operator_says_so(pair):
    started = "systemctl show --property=InvocationID prometheus.service"
    before = pair.lab.run("monitor1", started).stdout
    pair.lab.kill("monitor2")
    try:
        result, began = site(pair, extra_vars=OTHER)
        assert result.status == "failed"
        assert began == []
        assert "monitor1 does its work, and monitor2 does not (monitor2 cannot be reached)" in said(result)
        assert "-e prometheus_lost_monitors=monitor2" in said(result)
        assert pair.lab.run("monitor1", started).stdout == before
        result, began = site(pair, extra_vars={**OTHER, "prometheus_lost_monitors": "monitor2"})
        assert began == ["monitor1", "server1", "newcomer"]
        assert "newcomer is not watched by monitor2" in said(result)
    finally:
        pair.lab.start("monitor2")
    pair.succeed("site.yml")


def test_a_host_that_fails_first_stops_the_others(pair):
    """The first of the servers cannot take its new configuration: the next is left as it was."""
    untouched = "cat /etc/default/prometheus-node-exporter /var/lib/bongsu/fingerprint.json"
    before = pair.lab.run("newcomer", untouched).stdout
    variables = {"node_exporter_extra_arguments": "{{ ['--no.such.flag'] if inventory_hostname == 'server1' else [] }}"}
    result, began = site(pair, extra_vars=variables, limit="server1:newcomer")
    assert result.status == "failed"
    assert began == ["server1"]
    assert "Everything was put back as before" in said(result)
    assert pair.lab.run("newcomer", untouched).stdout == before
    pair.succeed("site.yml")
