import re
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from https_client import REFUSED, ask
from lab_side import ADDRESSES, LANE, authority, client_pair, play, until

from bongsu import pki

CONVERGE = Path(__file__).parents[1] / "converge.yml"
UNIT = "prometheus-blackbox-exporter.service"
TARGETS = "/etc/prometheus/targets.d/probe"
NOBODY = f"{LANE.prefix}.99"  # no host of the lab has it
NAME_SERVER = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 5300))
while True:
    query, client = server.recvfrom(512)
    question = query[12:query.index(b"\\0", 12) + 5]  # the answer: this very name is 127.0.0.1
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x7f\\0\\0\\1"
    server.sendto(query[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + question + answer, client)
"""


@pytest.fixture
def probe(name, monitor):
    def probed(module, target):
        status, metrics = ask(name, 9115, "/probe?" + urlencode({"module": module, "target": target}), pair=monitor)
        assert status == 200, metrics
        return dict(re.findall(r"^(probe_\w+)(?:{.*})? (\S+)$", metrics, re.MULTILINE))

    return probed


@pytest.fixture
def web(host):
    """Serve a page and a redirect on port 8088 of the host itself."""
    host.run_test("mkdir -p /tmp/web/there && echo hello > /tmp/web/there/index.html")
    host.run_test("systemd-run --unit=web --collect python3 -m http.server --directory /tmp/web 8088")
    assert until(lambda: host.socket("tcp://0.0.0.0:8088").is_listening)
    yield "http://127.0.0.1:8088"
    host.run_test("systemctl stop web")


def test_strangers_are_refused(name, tmp_path):
    for pair in (
        None,
        client_pair(tmp_path, pki.new_ca("other"), client_auth=True),
        client_pair(tmp_path, authority(), client_auth=False),
    ):
        with pytest.raises(REFUSED):
            ask(name, 9115, "/metrics", pair=pair)


def test_a_ping_is_answered_or_not(probe):
    for address in ADDRESSES.values():
        assert probe("icmp", address)["probe_success"] == "1"
    assert probe("icmp", NOBODY)["probe_success"] == "0"


def test_a_page_is_there_or_not(probe, web):
    assert probe("http_2xx", f"{web}/there/")["probe_success"] == "1"
    assert probe("http_2xx", f"{web}/nowhere")["probe_success"] == "0"
    assert probe("http_2xx", "http://127.0.0.1:1/")["probe_success"] == "0"


def test_a_redirect_is_followed_or_taken_as_it_is(probe, web):
    assert probe("http_2xx", f"{web}/there")["probe_http_redirects"] == "1"
    unfollowed = probe("http_no_follow", f"{web}/there")
    assert (unfollowed["probe_success"], unfollowed["probe_http_status_code"]) == ("1", "301")


def test_a_port_is_open_or_not(probe):
    assert probe("tcp_connect", "127.0.0.1:22")["probe_success"] == "1"
    assert probe("tcp_connect", "127.0.0.1:1")["probe_success"] == "0"


def test_a_module_of_the_inventory_works(probe):
    assert probe("ssh_banner", "127.0.0.1:22")["probe_success"] == "1"
    assert probe("ssh_banner", "127.0.0.1:9115")["probe_success"] == "0"


def test_a_certificate_is_trusted_by_the_right_authority_alone(probe, name):
    answer = probe("tcp_tls_internal", f"{ADDRESSES[name]}:9115")
    assert answer["probe_success"] == "1"
    assert float(answer["probe_ssl_earliest_cert_expiry"]) > time.time() + 80 * 86400
    assert probe("tcp_tls", f"{ADDRESSES[name]}:9115")["probe_success"] == "0"


def test_a_name_server_answers_or_not(host, probe):
    host.run_test(f"cat > /run/dns.py <<'END'\n{NAME_SERVER}END")
    host.run_test("systemd-run --unit=dns --collect python3 /run/dns.py")
    try:
        assert until(lambda: probe("dns", "127.0.0.1:5300")["probe_success"] == "1")
        assert probe("dns", "127.0.0.1:1")["probe_success"] == "0"
    finally:
        host.run_test("systemctl stop dns")


def test_it_runs_unprivileged_with_the_one_capability_it_needs(host):
    pid = host.service(UNIT).systemd_properties["MainPID"]
    status = host.file(f"/proc/{pid}/status").content_string
    assert f"Uid:\t{host.user('prometheus').uid}\t" in status
    assert re.search(r"^CapBnd:\t0+2000$", status, re.MULTILINE)  # CAP_NET_RAW
    assert str(host.group("bongsu-tls").gid) in re.search(r"^Groups:\t(.*)$", status, re.MULTILINE).group(1).split()


def test_every_monitor_has_the_probes_of_every_host(host):
    assert host.file(TARGETS).listdir() == ["debian12.yml", "debian13.yml"]
    for name, address in ADDRESSES.items():
        content = host.file(f"{TARGETS}/{name}.yml").content_string
        for words in (f"{address}:22", f'instance: "{name}"', 'probe: "shell"', 'module: "tcp_connect"', '"page"'):
            assert words in content


def test_a_broken_module_is_refused_and_the_old_ones_stay(host, name, probe):
    before = host.service(UNIT).systemd_properties["InvocationID"]
    bad = '{"blackbox_exporter_modules": {"bad": {"prober": "http", "http": {"no_such_key": 1}}}}'
    done = play(CONVERGE, "--limit", name, "--extra-vars", bad)
    assert done.returncode != 0
    assert "no_such_key" in done.stdout + done.stderr
    assert probe("ssh_banner", "127.0.0.1:22")["probe_success"] == "1"
    assert host.service(UNIT).systemd_properties["InvocationID"] == before
    assert "no_such_key" not in host.file("/etc/prometheus/blackbox.yml").content_string


def test_a_host_that_loses_its_probes_loses_its_file(host, name):
    try:
        done = play(CONVERGE, "--limit", name, "--extra-vars", '{"blackbox_exporter_probes": []}')
        assert done.returncode == 0, done.stdout
        assert not host.file(f"{TARGETS}/{name}.yml").exists
        again = play(CONVERGE, "--limit", name, "--extra-vars", '{"blackbox_exporter_probes": []}')
        assert re.search(r"changed=0 .*failed=0", again.stdout), again.stdout
    finally:
        play(CONVERGE, "--limit", name)
    assert host.file(f"{TARGETS}/{name}.yml").exists
