"""What the monitors' roles place, for one, two and three monitors, judged by the daemons' own checkers."""

import shutil
import subprocess

import pytest
import yaml
from certificates import write_certificates
from rendering import Site, write

MONITORS = {"m1": "10.0.0.1", "m2": "mon2.example.com", "m3": "fd00::3"}
SETTINGS = {
    "prometheus_operator_password": "pw",
    "prometheus_operator_password_hash": "$2b$10$C5qJ0QuVkZyTQAYyGVs0I.JCzmgTjvWqBXkv9mgjRQpVpn3xVbNVy",
    "alertmanager_receivers": [{"name": "hook", "webhook_configs": [{"url": "http://127.0.0.1:1/"}]}],
    "alertmanager_templates": {
        "chat": '{% raw %}{{ define "title" }}{{ .CommonLabels.alertname }}{{ end }}{% endraw %}'
    },
    "prometheus_extra_rules": {"mine": [{"name": "mine", "rules": [{"alert": "Mine", "expr": "vector(1)"}]}]},
    "prometheus_extra_scrape_configs": [{"job_name": "mine", "static_configs": [{"targets": ["a:1"]}]}],
    "prometheus_remote_write": [{"url": "https://metrics.example.com/write"}],
}
ROLES = ("blackbox_exporter", "alertmanager", "prometheus")


def site(number, **variables):
    return Site(dict(list(MONITORS.items())[:number]), {"web1": "10.0.0.9"}, **{**SETTINGS, **variables})


def accepted(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def prometheus_yml(number, **variables):
    return yaml.safe_load(site(number, **variables).files("prometheus", "m1")["/etc/prometheus/prometheus.yml"])


def alertmanager_arguments(number, host="m1", **variables):
    line = site(number, **variables).files("alertmanager", host)["/etc/default/prometheus-alertmanager"]
    return line.split('"')[1].split()


@pytest.fixture
def placed(tmp_path, request):
    here = site(request.param)
    files = {dest: content for role in ROLES for dest, content in here.files(role, "m1").items()}
    write_certificates(tmp_path / "etc/bongsu/tls")
    return write(files, tmp_path)


@pytest.mark.parametrize("placed", [1, 2, 3], indirect=True)
def test_the_checkers_accept_everything(placed):
    accepted("promtool", "check", "config", placed["/etc/prometheus/prometheus.yml"])
    accepted("amtool", "check-config", placed["/etc/prometheus/alertmanager.yml"])
    for web in ("prometheus_web", "alertmanager_web", "blackbox_web"):
        accepted("promtool", "check", "web-config", placed[f"/etc/prometheus/{web}.yml"])


@pytest.mark.parametrize("placed", [1], indirect=True)
def test_the_exporter_accepts_its_modules(placed):
    accepted("prometheus-blackbox-exporter", "--config.check", "--config.file", placed["/etc/prometheus/blackbox.yml"])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_monitor_scrapes_all_monitors_and_tells_all_alertmanagers(number):
    config = prometheus_yml(number)
    names = list(MONITORS)[:number]
    for job in config["scrape_configs"]:
        if job["job_name"] in ("prometheus", "alertmanager", "blackbox"):
            assert [entry["labels"]["instance"] for entry in job["static_configs"]] == names
    told = config["alerting"]["alertmanagers"][0]["static_configs"]
    addresses = ["10.0.0.1:9093", "mon2.example.com:9093", "[fd00::3]:9093"]
    assert [entry["targets"] for entry in told] == [[address] for address in addresses[:number]]


def test_the_replica_is_known_inside_and_dropped_from_alerts():
    config = prometheus_yml(2, prometheus_external_labels={"site": "seoul"})
    assert config["global"]["external_labels"] == {"site": "seoul", "replica": "m1"}
    assert config["alerting"]["alert_relabel_configs"] == [{"regex": "replica", "action": "labeldrop"}]


def test_intervals_are_the_operators():
    config = prometheus_yml(
        1,
        prometheus_scrape_interval="30s",
        prometheus_liveness_scrape_interval="1s",
        prometheus_liveness_scrape_timeout="1s",
        prometheus_evaluation_interval="45s",
    )
    liveness = config["scrape_configs"][0]
    assert (config["global"]["scrape_interval"], config["global"]["evaluation_interval"]) == ("30s", "45s")
    assert (liveness["job_name"], liveness["scrape_interval"], liveness["scrape_timeout"]) == ("liveness", "1s", "1s")


def test_retention_is_limited_by_time_and_size():
    line = site(1, prometheus_retention_time="7d", prometheus_retention_size="2GB").files("prometheus", "m1")
    arguments = line["/etc/default/prometheus"]
    assert "--storage.tsdb.retention.time=7d --storage.tsdb.retention.size=2GB" in arguments


def test_rule_files_are_the_listed_ones_and_no_others():
    files = site(1).files("prometheus", "m1")
    listed = yaml.safe_load(files["/etc/prometheus/prometheus.yml"])["rule_files"]
    assert sorted(listed) == sorted(dest for dest in files if "/rules.d/" in dest)
    assert "/etc/prometheus/rules.d/extra-mine.yml" in listed


def test_templates_of_rules_reach_prometheus_untouched():
    rules = site(1).files("prometheus", "m1")["/etc/prometheus/rules.d/bongsu-host.yml"]
    assert "{{ $labels.instance }}" in rules


def test_an_override_reaches_the_rule():
    files = site(1, prometheus_rule_overrides={"HostDown": {"for": "77s"}}).files("prometheus", "m1")
    assert "for: 77s" in files["/etc/prometheus/rules.d/bongsu-host.yml"]


def test_a_single_monitor_has_no_mesh():
    assert [word for word in alertmanager_arguments(1) if "cluster" in word] == ["--cluster.listen-address="]


def test_two_monitors_are_each_others_peers():
    arguments = alertmanager_arguments(2)
    assert "--cluster.advertise-address=10.0.0.1:9094" in arguments
    assert "--cluster.tls-config=/etc/prometheus/alertmanager_cluster_tls.yml" in arguments
    assert [word for word in arguments if "peer=" in word] == ["--cluster.peer=mon2.example.com:9094"]


def test_a_monitor_known_by_name_finds_its_own_address():
    arguments = alertmanager_arguments(2, "m2")
    assert not any("advertise-address=" in word for word in arguments)
    assert "--cluster.allow-insecure-public-advertise-address-discovery" in arguments


def test_an_ipv6_monitor_listens_and_advertises_there():
    arguments = alertmanager_arguments(3, "m3")
    assert "--cluster.listen-address=[::]:9094" in arguments
    assert "--cluster.advertise-address=[fd00::3]:9094" in arguments


def test_files_with_secrets_are_closed_and_never_shown():
    here = site(1, alertmanager_secret_files={"chat": "t0ken"})
    for role, dest in (
        ("prometheus", "/etc/prometheus/secrets/operator_password"),
        ("prometheus", "/etc/prometheus/prometheus_web.yml"),
        ("alertmanager", "/etc/prometheus/alertmanager_secrets/chat"),
    ):
        component = here.component(role, "m1")
        file = next(file for file in component["files"] if file["dest"] == dest)
        assert (file["mode"], file["group"], file["secret"]) == ("0640", "prometheus", True)
    assert "t0ken" in here.component("alertmanager", "m1")["secrets"]
    assert "pw" in here.component("prometheus", "m1")["secrets"]


PROBES = [
    {"name": "web", "target": "https://web1/"},
    {"name": "db", "target": "web1:5432", "module": "tcp_connect", "severity": "ticket"},
]


def test_probes_become_one_target_file():
    files = site(2, blackbox_exporter_probes=PROBES).files("blackbox_exporter", "web1", "announce")
    (targets,) = (yaml.safe_load(content) for content in files.values())
    assert [(entry["targets"], entry["labels"]["probe"], entry["labels"]["severity"]) for entry in targets] == [
        (["web1:5432"], "db", "ticket"),
        (["https://web1/"], "web", "page"),
    ]
    assert {entry["labels"]["instance"] for entry in targets} == {"web1"}
    assert {entry["labels"]["module"] for entry in targets} == {"tcp_connect", "http_2xx"}


def test_a_host_without_probes_has_no_target_file():
    component = site(2).component("blackbox_exporter", "web1", "announce")
    assert component["files"][-1] == {"dest": "/etc/prometheus/targets.d/probe/web1.yml", "state": "absent"}


def test_a_module_of_the_operator_replaces_ours():
    files = site(1, blackbox_exporter_modules={"icmp": {"prober": "icmp", "timeout": "1s"}}).files(
        "blackbox_exporter", "m1"
    )
    assert yaml.safe_load(files["/etc/prometheus/blackbox.yml"])["modules"]["icmp"] == {
        "prober": "icmp",
        "timeout": "1s",
    }
