import json
import time
import uuid
from pathlib import Path

import pytest
import testinfra
from https_client import REFUSED, ask
from lab_side import ADDRESSES, PROJECT, authority, client_pair, play, until

from bongsu import pki

HERE = Path(__file__).parent
CONVERGE, PROVE = HERE.parent / "converge.yml", HERE.parent / "prove.yml"
UNIT = "prometheus-alertmanager.service"
CONFIG = "/etc/prometheus/alertmanager.yml"


@pytest.fixture(scope="session")
def sink():
    """Return a function that gives the bodies received for a path so far."""
    inventory = PROJECT / "tests/molecule/inventory"
    on = testinfra.get_host("ansible://debian12", ansible_inventory=str(inventory))
    script = (HERE / "sink.py").read_text()
    on.run_test(f"rm -f /run/sink; cat > /run/sink.py <<'END'\n{script}END")
    on.run("systemctl stop sink")
    on.run_test("systemd-run --unit=sink --collect python3 /run/sink.py")
    assert until(lambda: on.socket("tcp://0.0.0.0:8088").is_listening)

    def received(path="/hook"):
        lines = on.run("cat /run/sink").stdout.splitlines()
        return [line["body"] for line in map(json.loads, lines) if line["path"] == path]

    yield received
    on.run("systemctl stop sink")


@pytest.fixture
def post(monitor):
    """Post an alert to both monitors, as both Prometheis do."""

    def posted(**labels):
        alert = {"labels": labels, "annotations": {"summary": "a test"}}
        for name in ADDRESSES:
            assert ask(name, 9093, "/api/v2/alerts", pair=monitor, body=[alert])[0] == 200

    return posted


def about(bodies, alertname):
    return [body for body in bodies if body["commonLabels"].get("alertname") == alertname]


def fresh():
    return f"Test{uuid.uuid4().hex[:8]}"


def test_strangers_are_refused(name, tmp_path):
    for pair in (
        None,
        client_pair(tmp_path, pki.new_ca("other"), client_auth=True),
        client_pair(tmp_path, authority(), client_auth=False),
    ):
        with pytest.raises(REFUSED):
            ask(name, 9093, "/api/v2/status", pair=pair)
        with pytest.raises((*REFUSED, TimeoutError, ValueError)):
            ask(name, 9094, "/", pair=pair, server_name="alertmanager.bongsu.internal")


def test_both_monitors_are_in_the_mesh(name, monitor):
    def peers():
        cluster = json.loads(ask(name, 9093, "/api/v2/status", pair=monitor)[1])["cluster"]
        return sorted(peer["address"] for peer in cluster["peers"])

    assert until(lambda: peers() == sorted(f"{address}:9094" for address in ADDRESSES.values()), 60), peers()


def test_an_alert_from_both_prometheis_is_told_once_and_so_is_its_end(sink, post, monitor):
    alertname = fresh()
    post(alertname=alertname, severity="page", instance="web1")
    assert until(lambda: about(sink(), alertname))
    time.sleep(5)  # more than two waits for a peer, and than two group intervals
    assert [body["status"] for body in about(sink(), alertname)] == ["firing"]
    ended = {
        "labels": {"alertname": alertname, "severity": "page", "instance": "web1"},
        "endsAt": "2026-01-01T00:00:00Z",
    }
    for name in ADDRESSES:
        ask(name, 9093, "/api/v2/alerts", pair=monitor, body=[ended])
    assert until(lambda: len(about(sink(), alertname)) == 2)
    time.sleep(5)
    assert [body["status"] for body in about(sink(), alertname)] == ["firing", "resolved"]


def test_a_ticket_goes_the_operators_way(sink, post):
    alertname = fresh()
    post(alertname=alertname, severity="ticket", instance="web1")
    assert until(lambda: about(sink("/other"), alertname))
    assert not about(sink(), alertname)


def test_a_host_that_is_down_silences_the_rest_of_its_host_alone(sink, post):
    suffix = uuid.uuid4().hex[:8]
    down, up = f"down-{suffix}", f"up-{suffix}"
    post(alertname="HostDown", severity="page", instance=down)
    assert until(lambda: [body for body in sink() if body["commonLabels"].get("instance") == down])
    held, free = fresh(), fresh()
    post(alertname=held, severity="page", instance=down)
    post(alertname=free, severity="page", instance=up)
    assert until(lambda: about(sink(), free))
    time.sleep(3)
    assert not about(sink(), held)


def test_the_watchdog_reaches_nobody(sink, post):
    post(alertname="Watchdog", severity="none")
    time.sleep(5)
    assert not about(sink() + sink("/other"), "Watchdog")


def test_amtool_works_for_root_on_the_monitor(host, post):
    alertname = fresh()
    post(alertname=alertname, severity="page", instance="web1")
    assert alertname in host.check_output(f"amtool alert query alertname={alertname}")
    silence = host.check_output(f"amtool silence add --comment test --author me alertname={alertname}")
    host.run_test(f"amtool silence expire {silence}")


def test_secrets_are_closed(host):
    secret = host.file("/etc/prometheus/alertmanager_secrets/sink")
    assert (secret.user, secret.group, secret.mode) == ("root", "prometheus", 0o640)
    assert host.run("runuser -u nobody -- cat /etc/prometheus/alertmanager_secrets/sink").rc != 0
    assert host.file(CONFIG).mode == 0o640


def test_a_new_secret_is_not_shown(name):
    changed = '{"alertmanager_secret_files": {"sink": "n3w-t0ken-of-the-sink"}}'
    done = play(CONVERGE, "--check", "--diff", "-vvv", "--limit", name, "--extra-vars", changed)
    assert done.returncode == 0, done.stdout
    assert "alertmanager_secrets/sink" in done.stdout
    assert "lab-token-of-the-sink" not in done.stdout
    assert "n3w-t0ken-of-the-sink" not in done.stdout.replace(changed, "")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ('{"alertmanager_receivers": [{"name": "x", "webhook_configs": [{"urll": "http://x"}]}]}', "urll"),
        ('{"alertmanager_route": {"receiver": "nobody"}}', 'undefined receiver "nobody"'),
        ('{"alertmanager_templates": {"title": "{% raw %}{{ nonsense }}{% endraw %}"}}', "nonsense"),
    ],
)
def test_a_broken_configuration_is_refused_and_the_old_one_lives(host, name, sink, post, broken, words):
    if name == "debian13" and words != "urll":
        pytest.skip("the same on every release")
    before = (host.file(CONFIG).content, host.service(UNIT).systemd_properties["InvocationID"])
    done = play(CONVERGE, "--limit", name, "--extra-vars", broken)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert (host.file(CONFIG).content, host.service(UNIT).systemd_properties["InvocationID"]) == before
    alertname = fresh()
    post(alertname=alertname, severity="page", instance="web1")
    assert until(lambda: about(sink(), alertname))


def test_a_good_change_reloads_and_does_not_restart(host, name):
    before = host.service(UNIT).systemd_properties["InvocationID"]
    try:
        done = play(CONVERGE, "--limit", name, "--extra-vars", '{"alertmanager_page_repeat_interval": "2h"}')
        assert done.returncode == 0, done.stdout
        assert "repeat_interval: 2h" in host.file(CONFIG).content_string
        assert host.service(UNIT).systemd_properties["InvocationID"] == before
    finally:
        play(CONVERGE, "--limit", name)


def test_the_proof_tells_receivers_that_work_from_one_that_does_not(name, sink):
    if name != "debian12":
        pytest.skip("the proof is about all monitors at once")
    good = play(PROVE, "--extra-vars", '{"alertmanager_tested_receivers": ["hook", "other"]}')
    assert good.returncode == 0, good.stdout
    for receiver in ("hook", "other"):
        assert f"ok    receiver {receiver}" in good.stdout
        assert len([body for body in sink(f"/{receiver}") if body["commonLabels"].get("bongsu_test") == receiver]) == 1
    bad = play(PROVE, "--extra-vars", '{"alertmanager_tested_receivers": ["refused"]}')
    assert bad.returncode != 0
    assert "FAIL  receiver refused  webhook not delivered" in bad.stdout + bad.stderr


def test_a_monitor_that_left_the_mesh_is_named(host, name):
    if name != "debian12":
        pytest.skip("the proof is about all monitors at once")
    host.run_test(f"systemctl stop {UNIT}")
    try:
        done = play(PROVE)
        assert done.returncode != 0
        assert "debian12 is not in it: 1 of 2 members" in done.stdout + done.stderr
        assert "systemctl status" in done.stdout + done.stderr
    finally:
        host.run_test(f"systemctl start {UNIT}")
        assert until(lambda: host.socket("tcp://9093").is_listening)  # the tests of the other host post to this one
