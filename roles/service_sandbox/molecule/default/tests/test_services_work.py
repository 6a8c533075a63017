"""Each service does in its sandbox what it did before."""

import json
import re
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

import pytest
from https_client import ask
from lab_side import ADDRESSES, STATE, until
from sandboxes import both, shown

SINK = Path(__file__).parents[4] / "alertmanager/molecule/default/tests/sink.py"
PLAIN = (  # the same program with the same collectors, as the same user, and not kept in
    "systemd-run --quiet --collect --unit=plain --uid=prometheus sh -c '. /etc/default/prometheus-node-exporter; "
    'exec prometheus-node-exporter $(echo $ARGS | sed "s/--web.listen-address=[^ ]*//; s/--web.config.file=[^ ]*//")'
    " --web.listen-address=127.0.0.1:9199'"
)
FETCH = "python3 -c \"import urllib.request as u; print(u.urlopen('http://127.0.0.1:9199/metrics').read().decode())\""
STEADY = re.compile(
    r"node_(filesystem_(size_bytes|readonly|device_error|files)|uname_info|timex_status|timex_tick_seconds|network_info"
    r"|dmi_info|os_info|cpu_info|memory_MemTotal_bytes|textfile_scrape_error|nf_conntrack_entries_limit)\b"
)


def series(text):
    """Return the series of an answer with their values, but those about the exporter itself."""
    found = re.findall(r"^(node_\w+(?:{.*})?) (\S+)$", text, re.MULTILINE)
    return {name: value for name, value in found if "plain.service" not in name}


@pytest.fixture
def measured(host, name, monitor):
    """Measure with and without a sandbox, with a disk that was mounted after both had started."""
    host.run_expect([0], f"mkdir -p /srv/later && {PLAIN}")
    try:
        assert until(lambda: host.run(FETCH).rc == 0)
        host.run_expect([0], "mount -t tmpfs -o size=7m none /srv/later")
        status, kept_in = ask(name, 9100, "/metrics", pair=monitor)
        assert status == 200
        yield series(kept_in), series(host.check_output(FETCH))
    finally:
        host.run("umount /srv/later; rmdir /srv/later; systemctl stop plain")


def test_the_node_exporter_measures_what_it_would_measure_outside(measured):
    inside = measured[0]
    varying = re.compile(r"node_(network_.*device=|arp_|sockstat|scrape_collector|systemd_unit_state.*(scope|run-))")
    names = [{one for one in each if not varying.match(one)} for each in measured]
    assert names[0] ^ names[1] == set()
    steady = [{one: value for one, value in each.items() if STEADY.match(one)} for each in measured]
    assert steady[0] == steady[1]
    assert len(steady[0]) > 10
    assert any('mountpoint="/srv/later"' in one for one in inside)
    success = [{n: v for n, v in each.items() if n.startswith("node_scrape_collector_success")} for each in measured]
    assert success[0] == success[1]
    for collector in ("filesystem", "systemd", "textfile", "timex"):
        assert inside[f'node_scrape_collector_success{{collector="{collector}"}}'] == "1"


@pytest.fixture
def api(name):
    login = ("operator", STATE.secrets()["prometheus_operator_password"])

    def asked(path):
        status, body = ask(name, 9090, f"/api/v1/{path}", login=login)
        assert status == 200, body
        return json.loads(body)["data"]

    def value(expression):
        (one,) = asked("query?" + urlencode({"query": expression}))["result"]
        return float(one["value"][1])

    return value


def test_prometheus_scrapes_writes_evaluates_and_reloads(host, api):
    assert until(lambda: api('up{job="prometheus"} or vector(0)') == 1)
    before = api("prometheus_tsdb_head_samples_appended_total")
    size = "du -sb /var/lib/prometheus/metrics2/wal | cut -f1"
    wal = int(host.check_output(size))
    assert until(lambda: api("prometheus_tsdb_head_samples_appended_total") > before)
    assert until(lambda: int(host.check_output(size)) > wal)
    assert api("sum(prometheus_rule_evaluations_total)") > 0
    assert api("sum(prometheus_rule_evaluation_failures_total)") == 0
    assert api("prometheus_tsdb_wal_corruptions_total") == 0
    reloaded = api("prometheus_config_last_reload_success_timestamp_seconds")
    host.run_expect([0], "systemctl reload prometheus")
    assert until(lambda: api("prometheus_config_last_reload_success_timestamp_seconds") > reloaded)
    assert api("prometheus_config_last_reload_successful") == 1


def test_a_silence_outlives_a_restart_and_a_notification_arrives(host, name, monitor):
    comment = f"test-{uuid.uuid4().hex[:8]}"
    host.run_expect([0], f"amtool silence add --comment={comment} --duration=5m alertname={comment}")
    host.run_expect([0], "systemctl restart prometheus-alertmanager")
    assert until(lambda: comment in host.run("amtool silence query").stdout)
    sink = both()["debian12"]
    sink.run_expect([0], f"cat > /run/sink.py <<'END'\n{SINK.read_text()}END")
    sink.run("systemctl stop sink; rm -f /run/sink")
    sink.run_expect([0], "systemd-run --unit=sink --collect python3 /run/sink.py")
    try:
        assert until(lambda: sink.socket("tcp://0.0.0.0:8088").is_listening)
        alert = {"labels": {"alertname": f"A{comment}", "severity": "page", "instance": "web1"}}
        assert ask(name, 9093, "/api/v2/alerts", pair=monitor, body=[alert])[0] == 200
        assert until(lambda: f"A{comment}" in sink.run("cat /run/sink").stdout)
    finally:
        sink.run("systemctl stop sink")


@pytest.mark.parametrize("module", ["icmp", "tcp_connect", "http_2xx", "tcp_tls_internal"])
def test_the_blackbox_exporter_probes(host, name, monitor, module):
    target = {
        "tcp_connect": "127.0.0.1:22",
        "http_2xx": "http://127.0.0.1:8099/",
        "tcp_tls_internal": f"{ADDRESSES[name]}:9115",
    }
    host.run("systemd-run --quiet --collect --unit=page python3 -m http.server --directory /run 8099")
    try:
        query = urlencode({"module": module, "target": target.get(module, ADDRESSES["debian13"])})
        assert until(lambda: "probe_success 1" in ask(name, 9115, f"/probe?{query}", pair=monitor)[1])
    finally:
        host.run("systemctl stop page")


def test_fail2ban_bans_in_the_kernel_and_remembers(host):
    address = "203.0.113.9"
    host.run_expect([0], f"fail2ban-client set sshd banip {address}")
    refuses = f"nft list table inet f2b-table | grep -qw {address}"
    assert until(lambda: host.run(refuses).rc == 0)
    host.run_expect([0], "systemctl restart fail2ban")
    assert until(lambda: host.run(refuses).rc == 0)
    host.run_expect([0], "fail2ban-client flushlogs")
    host.run_expect([0], f"fail2ban-client unban {address}")
    assert until(lambda: host.run(refuses).rc != 0)
    assert "ERROR" not in host.run("tail -n 40 /var/log/fail2ban.log").stdout


def test_chrony_runs_as_its_user_and_answers(host):
    assert until(lambda: host.run("chronyc -n sources").rc == 0)
    number = shown(host, "chrony", "MainPID")["MainPID"]
    assert host.check_output(f"stat -c %U /proc/{number}") == "_chrony"


def test_nothing_has_failed_or_was_started_over(host):
    time.sleep(1)
    for unit in ("prometheus", "prometheus-alertmanager", "prometheus-node-exporter", "prometheus-blackbox-exporter"):
        assert shown(host, unit, "NRestarts", "ActiveState") == {"NRestarts": "0", "ActiveState": "active"}
