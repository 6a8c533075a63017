"""Another authority under two monitors and their servers of both releases, in order: watched all the while."""

from __future__ import annotations

import time

import pytest
import yaml
from operator_side import said
from tls_client import Client, Port

from bongsu import cli

MONITORS, SERVERS = ("monitor1", "monitor2"), ("server1", "server2")
HOSTS = (*MONITORS, *SERVERS)
HOST_PORTS, MONITOR_PORTS = (9100,), (9090, 9093, 9094, 9115)
PAIR = "cat /etc/bongsu/tls/host.crt /etc/bongsu/tls/host.key"
UNWATCHED = "HostDown|ServiceDown|Scrape.*|Alertmanager.*|MonitoringServiceDown|Notification.*|ProbeFailed"
ISSUER = "openssl x509 -in /etc/bongsu/tls/host.crt -noout -issuer"


@pytest.fixture(scope="module")
def site(authority):
    authority.succeed("site.yml")
    return authority


@pytest.fixture(scope="module")
def stolen(site, tmp_path_factory):
    """What somebody copied from a monitor: its certificate and key, a session of each port, an open connection."""
    return Stolen(site, tmp_path_factory.mktemp("stolen"))


class Stolen:
    """A monitor's certificate and key, kept aside; `take` gathers sessions and open connections with them."""

    def __init__(self, site, directory):
        pair, self._authorities = directory / "pair.pem", directory / "authorities.pem"
        pair.write_text(site.lab.run("monitor1", PAIR, check=True).stdout)
        self.ports = [
            Port(host, site.lab.spec.host(host).address, number)
            for host in HOSTS
            for number in (*HOST_PORTS, *(MONITOR_PORTS if host in MONITORS else ()))
        ]
        self._site, self._pair = site, pair
        self.visits = {}

    @property
    def client(self):
        """A client that believes every authority that there is or was: it is the servers that must refuse."""
        seen = self._authorities.read_text() if self._authorities.exists() else ""
        self._authorities.write_text(seen + "".join(self._site.authorities()))
        return Client(self._pair, self._authorities)

    def accepted(self):
        client = self.client
        return {(port.host, port.number) for port in self.ports if client.visit(port)}

    def take(self):
        client = self.client
        self.visits = {port: client.visit(port) for port in self.ports}
        return client


def ca(site, *words):
    inventories = [word for source in site.lab.inventories for word in ("-i", str(source))]
    return cli.main(["ca", *words, *inventories, "--vault-password-file", str(site.lab.state.vault_password)])


def issuers(site):
    return {host: site.lab.run(host, ISSUER, check=True).stdout.strip() for host in HOSTS}


def failed_scrapes(site, since, until):
    """Return, for each host's two jobs on each monitor, how many scrapes failed from one moment to another."""
    window = f'up{{job=~"liveness|node"}}[{int(until - since)}s] @ {until:.0f}'
    failed = f"count_over_time({window}) - sum_over_time({window})"
    return {
        (monitor, sample["metric"]["job"], sample["metric"]["instance"]): float(sample["value"][1])
        for monitor in MONITORS
        for sample in site.query(monitor, failed)
    }


def mesh_is_complete(site):
    members = [site.query(monitor, "alertmanager_cluster_members") for monitor in MONITORS]
    return all({float(sample["value"][1]) for sample in seen} == {2.0} and len(seen) == 2 for seen in members)


def test_a_stolen_certificate_opens_every_port(stolen):
    assert stolen.accepted() == {(port.host, port.number) for port in stolen.ports}


def test_nobody_is_certified_anew_while_a_host_may_not_trust_it(site, stolen, capsys, eventually):
    before = issuers(site)
    assert ca(site, "renew") == 0
    site.succeed("site.yml", limit="server1")
    assert issuers(site) == before
    site.lab.kill("server2")
    try:
        assert site.run("site.yml").status == "failed"
        assert {host: site.lab.run(host, ISSUER).stdout.strip() for host in HOSTS if host != "server2"} == {
            host: issuer for host, issuer in before.items() if host != "server2"
        }
        assert ca(site, "retire") == 1
        assert "retired authority" in capsys.readouterr().out
    finally:
        site.lab.start("server2")
    eventually(lambda: all(site.watched(monitor) == set(HOSTS) for monitor in MONITORS), 60)
    eventually(lambda: not any(site.query(monitor, f'ALERTS{{alertname=~"{UNWATCHED}"}}') for monitor in MONITORS), 90)


@pytest.fixture(scope="module")
def changed(site, stolen):
    """Both provisionings and what was seen meanwhile; sessions and connections are taken at the last moment."""
    old, seen = issuers(site), {"began": time.time()}
    site.succeed("site.yml")
    seen["renewed"], seen["old"] = issuers(site), old
    seen["mesh"] = mesh_is_complete(site)
    seen["accepted"] = stolen.accepted()
    seen["client"] = stolen.take()
    seen["retired_at"] = time.time()
    assert ca(site, "retire") == 0
    site.succeed("site.yml")
    time.sleep(20)
    return seen


def test_the_first_run_certifies_every_host_anew_and_still_trusts_the_old(changed, stolen):
    assert all(changed["renewed"][host] != changed["old"][host] for host in HOSTS)
    assert changed["accepted"] == {(port.host, port.number) for port in stolen.ports}
    assert changed["mesh"]


def test_no_scrape_fails_while_every_host_is_certified_anew(changed, site):
    failed = failed_scrapes(site, changed["began"], changed["retired_at"])
    assert len(failed) == 2 * 2 * len(HOSTS)
    assert {target: count for target, count in failed.items() if count} == {}


def test_a_restart_costs_a_host_one_scrape_at_most_and_nobody_notices(changed, site):
    failed = failed_scrapes(site, changed["retired_at"], time.time())
    assert len(failed) == 2 * 2 * len(HOSTS)
    assert max(failed.values()) <= 1
    window = f"{int(time.time() - changed['began'])}s"
    firing = f'count_over_time(ALERTS{{alertstate="firing", alertname=~"{UNWATCHED}"}}[{window}])'
    assert [site.query(monitor, firing) for monitor in MONITORS] == [[], []]


def test_the_second_run_refuses_what_the_old_authority_signed_on_every_port(changed, stolen):
    assert stolen.accepted() == set()


def test_neither_a_session_nor_an_open_connection_outlives_it(changed, stolen):
    known = {port: visit for port, visit in stolen.visits.items() if port.number != 9090 and visit}
    assert len(known) == len(stolen.ports) - len(MONITORS)
    assert {port for port, visit in known.items() if visit.ask()} == set()
    assert {port for port, visit in known.items() if changed["client"].visit(port, visit.session)} == set()


def test_the_mesh_is_complete_and_everything_is_proved(changed, site, eventually):
    eventually(lambda: mesh_is_complete(site), 60)
    site.succeed("verify.yml")
    assert all(host.changed == 0 for host in site.succeed("site.yml").hosts.values())


def test_the_inventory_has_one_authority_again(changed, site):
    public = yaml.safe_load((site.lab.state.inventory / "group_vars/all/ca.yml").read_text())
    assert set(public) == {"host_certificate_ca_certificate"}
    assert site.run("authority.yml").status == "ok", said(site.run("authority.yml"))
