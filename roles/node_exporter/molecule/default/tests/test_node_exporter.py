import http.client
import re
import socket
import ssl
from pathlib import Path

import pytest
from lab_side import ADDRESSES, authority, client_pair, play, short_lived

from bongsu import pki

CONVERGE = Path(__file__).parents[1] / "converge.yml"
UNIT = "prometheus-node-exporter.service"
TLS = "/etc/bongsu/tls"
TARGETS = "/etc/prometheus/targets.d/node"
REFUSED = (ssl.SSLError, ConnectionError)


def connect(name, pair=None, **options):
    context = ssl.create_default_context(cadata=authority()[0])
    if pair is not None:
        context.load_cert_chain(pair)
    for option, value in options.items():
        setattr(context, option, value)
    plain = socket.create_connection((ADDRESSES[name], 9100), timeout=10)
    return context.wrap_socket(plain, server_hostname=name)


def scrape(name, pair=None, path="/metrics", **options):
    connection = http.client.HTTPConnection(ADDRESSES[name])
    connection.sock = connect(name, pair, **options)
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def test_a_client_without_a_certificate_is_refused(name):
    with pytest.raises(REFUSED):
        scrape(name)


def test_a_client_of_another_ca_is_refused(name, tmp_path):
    with pytest.raises(REFUSED):
        scrape(name, client_pair(tmp_path, pki.new_ca("other"), client_auth=True))


def test_an_ordinary_host_is_refused(name, tmp_path):
    with pytest.raises(REFUSED):
        scrape(name, client_pair(tmp_path, authority(), client_auth=False))


def test_plain_http_and_old_tls_are_refused(name, monitor):
    with socket.create_connection((ADDRESSES[name], 9100), timeout=10) as plain:
        plain.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert b"400" in plain.recv(64)
    with pytest.raises(REFUSED):
        scrape(name, monitor, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)


def test_a_monitor_sees_units_and_who_wants_them(name, monitor):
    metrics = scrape(name, monitor)
    assert re.search(rf'node_systemd_unit_state{{name="{UNIT}",state="active",type="\w+"}} 1', metrics)
    assert "node_systemd_service_restart_total" not in metrics  # asked for every two seconds, they cost too much
    assert 'bongsu_unit_wanted{name="ssh.service",source="inventory"} 1' in metrics
    assert 'bongsu_unit_wanted{name="fstrim.timer",source="inventory"} 1' in metrics
    assert f'bongsu_unit_wanted{{name="{UNIT}",source="component"}} 1' in metrics
    assert f'bongsu_certificate_expiry_timestamp_seconds{{path="{TLS}/host.crt"}}' in metrics
    assert "node_textfile_scrape_error 0" in metrics
    assert "node_timex_sync_status" in metrics


def test_the_light_scrape_holds_units_alone(name, monitor):
    metrics = scrape(name, monitor, "/metrics?collect[]=systemd")
    assert f'node_systemd_unit_state{{name="{UNIT}"' in metrics
    assert "node_filesystem_size_bytes" not in metrics


@pytest.mark.parametrize("directory", ["/mnt/data", "/media/disk"])
def test_data_disks_and_the_root_are_measured_and_noise_is_not(host, name, monitor, directory):
    host.run_test(f"mkdir -p {directory} && mount -t tmpfs -o size=7M tmpfs {directory}")
    try:
        metrics = scrape(name, monitor)
    finally:
        host.run_test(f"umount {directory}")
    sizes = dict(re.findall(r'node_filesystem_size_bytes{.*mountpoint="([^"]+)".*} (\S+)', metrics))
    assert float(sizes[directory]) == 7 * 1024 * 1024
    assert "/" in sizes
    assert not [point for point in sizes if re.match(r"/(run|proc|sys|dev|etc)\b", point)]


def test_it_runs_as_debian_s_user_with_the_key_s_group_and_no_more(host):
    pid = host.service(UNIT).systemd_properties["MainPID"]
    status = host.file(f"/proc/{pid}/status").content_string
    groups = re.search(r"^Groups:\t(.*)$", status, re.MULTILINE).group(1).split()
    assert str(host.group("bongsu-tls").gid) in groups
    assert f"Uid:\t{host.user('prometheus').uid}\t" in status
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)


def test_the_probe_tells_a_right_port_from_wrong_ones(host, name):
    probe = "/usr/lib/bongsu/probe-mutual-tls 127.0.0.1"
    assert host.run(f"{probe} 9100 {name}").rc == 0
    assert "does not prove to be other" in host.run(f"{probe} 9100 other").stderr
    assert "no answer" in host.run(f"{probe} 9 {name}").stderr
    assert "TLS" in host.run(f"{probe} 22 {name}").stderr


def test_a_new_certificate_is_served_without_a_restart(host, name, monitor):
    def serial():
        return connect(name, monitor).getpeercert()["serialNumber"]

    properties = host.service(UNIT).systemd_properties
    before = serial()
    request = host.check_output(f"openssl req -new -key {TLS}/host.key -subj /CN=x")
    old = short_lived(request, names=[name, "localhost"], addresses=[ADDRESSES[name]])
    host.run_test(f"cat > {TLS}/host.crt <<'END'\n{old}END")
    short = serial()
    assert short != before
    renewed = play(CONVERGE, "--limit", name)
    assert re.search(r"changed=2 .*failed=0", renewed.stdout), renewed.stdout
    assert serial() not in (before, short)
    assert host.service(UNIT).systemd_properties["InvocationID"] == properties["InvocationID"]


def test_every_monitor_has_one_target_file_a_host(host):
    assert host.file(TARGETS).listdir() == ["debian12.yml", "debian13.yml"]
    for name, address in ADDRESSES.items():
        content = host.file(f"{TARGETS}/{name}.yml").content_string
        assert f"{address}:9100" in content
        assert f"instance: {name}" in content


def test_a_dead_monitor_stops_nothing_but_is_reported(host, name):
    host.run_test(f"rm {TARGETS}/{name}.yml")
    monitors = f'{{"node_exporter_monitors": ["ghost", "{name}"]}}'
    done = play(CONVERGE, "--inventory", "ghost,", "--limit", name, "--extra-vars", monitors)
    assert done.returncode != 0
    assert f"{name} is not watched by ghost" in done.stdout + done.stderr
    assert host.file(f"{TARGETS}/{name}.yml").exists


def test_units_that_are_no_longer_watched_are_no_longer_wanted(name, monitor):
    try:
        done = play(CONVERGE, "--limit", name, "--extra-vars", '{"node_exporter_watched_units": []}')
        assert done.returncode == 0, done.stdout
        assert 'source="inventory"' not in scrape(name, monitor)
    finally:
        play(CONVERGE, "--limit", name)


def test_an_argument_that_the_exporter_refuses_leaves_the_old_one_running(host, name, monitor):
    if name != "debian12":
        pytest.skip("takes the health deadline of 30 s, and is the same on every release")
    done = play(CONVERGE, "--limit", name, "--extra-vars", '{"node_exporter_extra_arguments": ["--no-such-flag"]}')
    assert done.returncode != 0
    assert "unknown long flag" in done.stdout + done.stderr
    assert "node_uname_info" in scrape(name, monitor)
    assert "--no-such-flag" not in host.file("/etc/default/prometheus-node-exporter").content_string
