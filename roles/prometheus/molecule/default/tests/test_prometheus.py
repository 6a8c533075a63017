import json
import re
from pathlib import Path

import pytest
from https_client import REFUSED, ask
from lab_side import ADDRESSES, PROJECT, STATE, authority, client_pair, play, until

from bongsu import pki

CONVERGE = Path(__file__).parents[1] / "converge.yml"
DECOMMISSION = PROJECT / "playbooks/decommission.yml"
UNIT = "prometheus.service"
TARGETS = "/etc/prometheus/targets.d/node"


@pytest.fixture(scope="module")
def login():
    return ("operator", STATE.secrets()["prometheus_operator_password"])


@pytest.fixture
def api(name, login):
    def asked(path):
        status, text = ask(name, 9090, f"/api/v1/{path}", login=login)
        assert status == 200, text
        return json.loads(text)["data"]

    return asked


def instances(api, job):
    return {t["labels"]["instance"]: t for t in api("targets")["activeTargets"] if t["labels"]["job"] == job}


def test_the_password_opens_it_and_nothing_less_does(name, login):
    assert ask(name, 9090, "/-/ready", login=login)[0] == 200
    for wrong in (None, ("operator", "wrong"), ("admin", login[1])):
        assert ask(name, 9090, "/api/v1/query?query=up", login=wrong)[0] == 401


def test_a_certificate_does_not_replace_the_password(name, tmp_path):
    monitor = client_pair(tmp_path, authority(), client_auth=True)
    assert ask(name, 9090, "/metrics", pair=monitor)[0] == 401


def test_a_certificate_of_another_ca_is_refused_whoever_knows_the_password(name, login, tmp_path):
    with pytest.raises(REFUSED):
        ask(name, 9090, "/-/ready", pair=client_pair(tmp_path, pki.new_ca("other"), client_auth=True), login=login)


def test_retention_is_what_the_operator_said(api):
    flags = api("status/flags")
    assert (flags["storage.tsdb.retention.time"], flags["storage.tsdb.retention.size"]) == ("1w", "512MiB")
    assert flags["web.enable-lifecycle"] == "false"


def test_rules_are_loaded_with_overrides_and_extras(api):
    rules = {rule["name"]: rule for group in api("rules")["groups"] for rule in group["rules"]}
    assert rules["HostDown"]["duration"] == 6
    assert "{{ $value }}" in rules["Mine"]["annotations"]["summary"]
    assert {"Watchdog", "ServiceDown", "ProbeFailed"} <= set(rules)


def test_labels_tell_the_site_and_the_replica(api, name):
    config = api("status/config")["yaml"]
    assert "site: lab" in config
    assert f"replica: {name}" in config


def test_monitors_scrape_each_other_with_the_password(api):
    def both_up():
        found = instances(api, "prometheus")
        return sorted(found) == sorted(ADDRESSES) and all(target["health"] == "up" for target in found.values())

    assert until(both_up), instances(api, "prometheus")


def test_a_target_file_is_enough_to_be_watched_and_its_removal_to_be_forgotten(host, api):
    content = '[{"targets": ["127.0.0.1:1"], "labels": {"instance": "ghost"}}]'
    host.run_test(f"echo '{content}' > {TARGETS}/ghost.yml")
    assert until(lambda: "ghost" in instances(api, "liveness") and "ghost" in instances(api, "node"))
    host.run_test(f"rm {TARGETS}/ghost.yml")
    assert until(lambda: "ghost" not in instances(api, "liveness"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name the host"),
        (("--extra-vars", "host=../../etc"), "Not the name of one host"),
        (("--limit", "debian12,debian13"), "No monitor would be left"),
    ],
)
def test_what_cannot_be_meant_is_refused(name, arguments, words):
    if name != "debian12":
        pytest.skip("the playbook works on all monitors at once")
    done = play(DECOMMISSION, *arguments)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ('{"prometheus_rule_overrides": {"HostDown": {"expr": "up =="}}}', "parse error"),
        ('{"prometheus_rule_overrides": {"HostDwn": {"for": "1s"}}}', "did you mean 'HostDown'?"),
        ('{"prometheus_extra_scrape_configs": [{"job_name": "node"}]}', 'multiple scrape configs with job name "node"'),
        ('{"prometheus_scrape_interval": "often"}', "not a valid duration string"),
        ('{"prometheus_operator_password": "another-password"}', "401"),
    ],
)
def test_what_is_broken_is_refused_and_the_old_lives(host, name, api, broken, words):
    if name == "debian13" and words != "parse error":
        pytest.skip("the same on every release")
    before = host.service(UNIT).systemd_properties["InvocationID"]
    files = host.check_output("cat /etc/prometheus/prometheus.yml /etc/prometheus/rules.d/*")
    done = play(CONVERGE, "--limit", name, "--extra-vars", broken)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert "another-password" not in (done.stdout + done.stderr)
    assert host.service(UNIT).systemd_properties["InvocationID"] == before
    assert host.check_output("cat /etc/prometheus/prometheus.yml /etc/prometheus/rules.d/*") == files
    assert api("status/runtimeinfo")["reloadConfigSuccess"]


def test_a_changed_rule_is_reloaded_without_a_restart(host, name, api):
    def duration():
        return {r["name"]: r for g in api("rules")["groups"] for r in g["rules"]}["HostDown"]["duration"]

    before = host.service(UNIT).systemd_properties["InvocationID"]
    try:
        changed = '{"prometheus_rule_overrides": {"HostDown": {"for": "9s"}}, "prometheus_extra_rules": {}}'
        done = play(CONVERGE, "--limit", name, "--extra-vars", changed)
        assert done.returncode == 0, done.stdout
        assert until(lambda: duration() == 9)
        assert not host.file("/etc/prometheus/rules.d/extra-mine.yml").exists
        assert host.service(UNIT).systemd_properties["InvocationID"] == before
    finally:
        play(CONVERGE, "--limit", name)


def test_secrets_are_closed(host):
    for path in ("/etc/prometheus/secrets/operator_password", "/etc/prometheus/prometheus_web.yml"):
        file = host.file(path)
        assert (file.user, file.group, file.mode) == ("root", "prometheus", 0o640)
        assert host.run(f"runuser -u nobody -- cat {path}").rc != 0


def test_it_runs_unprivileged_with_the_keys_group(host):
    pid = host.service(UNIT).systemd_properties["MainPID"]
    status = host.file(f"/proc/{pid}/status").content_string
    assert f"Uid:\t{host.user('prometheus').uid}\t" in status
    groups = re.search(r"^Groups:\t(.*)$", status, re.MULTILINE).group(1).split()
    assert str(host.group("bongsu-tls").gid) in groups
