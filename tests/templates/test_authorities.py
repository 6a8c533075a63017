"""Daemons are started anew when the authorities change that they cannot read anew, and not otherwise."""

from rendering import Site

from bongsu import pki

OLD, NEW = pki.new_ca("old")[0], pki.new_ca("new")[0]
BEFORE = {"host_certificate_ca_certificate": OLD}
RENEWED = {"host_certificate_ca_certificate": NEW, "host_certificate_ca_retired": [OLD]}
AFTER = {"host_certificate_ca_certificate": NEW}
RECEIVERS = {"alertmanager_receivers": [{"name": "hook", "webhook_configs": [{"url": "http://127.0.0.1:1/"}]}]}
DROPINS = {
    "node_exporter": "/etc/systemd/system/prometheus-node-exporter.service.d/bongsu.conf",
    "blackbox_exporter": "/etc/systemd/system/prometheus-blackbox-exporter.service.d/bongsu.conf",
}
MESH = "/etc/prometheus/alertmanager_cluster_tls.yml"


def placed(role, dest, **authorities):
    return Site({"m1": "10.0.0.1", "m2": "10.0.0.2"}, **RECEIVERS, **authorities).files(role, "m1")[dest]


def test_exporters_read_a_new_authority_by_themselves_and_start_anew_when_the_old_one_goes():
    for role, dest in DROPINS.items():
        before, renewed, after = (placed(role, dest, **stage) for stage in (BEFORE, RENEWED, AFTER))
        assert before == renewed
        assert renewed != after


def test_alertmanager_starts_anew_both_times():
    before, renewed, after = (placed("alertmanager", MESH, **stage) for stage in (BEFORE, RENEWED, AFTER))
    assert len({before, renewed, after}) == 3


def test_each_of_these_files_restarts_its_daemon():
    site = Site({"m1": "10.0.0.1"}, **RECEIVERS, **BEFORE)
    for role, dest in {**DROPINS, "alertmanager": MESH}.items():
        (entry,) = (file for file in site.component(role, "m1")["files"] if file["dest"] == dest)
        assert entry["on_change"] == "restart"


def test_a_host_is_given_every_authority_and_the_lives_of_its_own_and_the_present_one():
    signed = {"certificate": "x\n", "begins": 1, "expires": 2, "ca_begins": 3, "ca_expires": 4}
    site = Site({"m1": "10.0.0.1"}, **RENEWED, __host_certificate_signed=signed)
    files = site.files("host_certificate", "m1")
    assert files["/etc/bongsu/tls/ca.crt"] == NEW + OLD
    metrics = dict(
        line.removeprefix("bongsu_certificate_").rsplit(" ", 1)
        for line in files["/var/lib/prometheus/node-exporter/bongsu_certificate.prom"].splitlines()
        if not line.startswith("#")
    )
    assert metrics == {
        'not_before_timestamp_seconds{path="/etc/bongsu/tls/host.crt"}': "1",
        'expiry_timestamp_seconds{path="/etc/bongsu/tls/host.crt"}': "2",
        'not_before_timestamp_seconds{path="/etc/bongsu/tls/ca.crt"}': "3",
        'expiry_timestamp_seconds{path="/etc/bongsu/tls/ca.crt"}': "4",
        "retired_authorities": "1",
    }
