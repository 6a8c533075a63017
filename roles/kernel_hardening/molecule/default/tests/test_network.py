"""Forged packets from the other host come to nothing; each test first shows that without the setting they would not."""

import base64
from pathlib import Path

import pytest
import testinfra
from lab_side import ADDRESSES, INVENTORY, until

HERE = Path(__file__).parent
ROUTER = ADDRESSES["debian12"].rpartition(".")[0] + ".1"
FAR = "203.0.113.9"  # an address for documentation, behind the router
PORT, LOG = 4243, "/run/heard"


def script(host, name, *words):
    """Run one of the scripts beside this file on a host."""
    text = base64.b64encode((HERE / name).read_bytes()).decode()
    host.check_output(f"echo {text} | base64 -d > /run/{name}")
    return f"python3 /run/{name} {' '.join(map(str, words))}"


@pytest.fixture
def peer(name):
    other = next(one for one in ADDRESSES if one != name)
    return testinfra.get_host(f"ansible://{other}", ansible_inventory=str(INVENTORY)), ADDRESSES[other]


@pytest.fixture
def settings(host):
    """Change settings by hand, as a colleague would; bongsu's own unit sets them again afterwards."""

    def change(**values):
        for name, value in values.items():
            for which in ("all", "eth0"):
                host.check_output(f"sysctl -qw net.ipv4.conf.{which}.{name}={value}")

    yield change
    host.check_output("systemctl reload bongsu-sysctl.service")


@pytest.fixture
def arrives(host, name, peer):
    """Tell whether a packet sent by the other host reaches a program here."""
    host.check_output("systemd-run --quiet --unit=listener " + script(host, "listen.py", PORT, LOG))
    assert until(lambda: host.file(LOG).exists and "listening" in host.file(LOG).content_string)
    numbers = iter(range(100))

    def try_it(source, *options):
        tried, plain = f"forged-{next(numbers)}", f"plain-{next(numbers)}"
        sender, own = peer
        for origin, text, extra in ((source or own, tried, options), (own, plain, ())):
            sender.check_output(script(sender, "send_packet.py", "udp", origin, ADDRESSES[name], PORT, text, *extra))
        # What was sent later is there: so the earlier one has come in, or never will.
        assert until(lambda: plain in host.file(LOG).content_string)
        return tried in host.file(LOG).content_string

    yield try_it
    host.check_output(f"systemctl stop listener.service; rm -f {LOG}")


def way(host):
    words = host.check_output(f"ip -4 route get {FAR}").split()
    return words[words.index("via") + 1]


def redirects(host):
    rows = [line.split() for line in host.file("/proc/net/snmp").content_string.splitlines() if line[:5] == "Icmp:"]
    return int(dict(zip(*rows, strict=True))["InRedirects"])


def test_a_forged_redirect_leads_nobody_away(host, name, peer, settings):
    sender, own = peer
    forge = script(sender, "send_packet.py", "redirect", ROUTER, ADDRESSES[name], FAR, own)

    def redirected():
        host.check_output(
            f"ip route flush cache; python3 -c 'import socket; socket.create_connection((\"{own}\", 22))'"
        )
        before = redirects(host)
        sender.check_output(forge)
        assert until(lambda: redirects(host) > before)
        return way(host)

    try:
        assert way(host) == ROUTER
        assert redirected() == ROUTER
        settings(accept_redirects=1)
        assert redirected() == own
    finally:
        host.check_output("systemctl reload bongsu-sysctl.service; ip route flush cache")
    assert redirected() == ROUTER


def test_a_packet_that_brings_its_own_way_is_dropped(arrives, settings):
    assert not arrives(None, "routed")
    settings(accept_source_route=1)
    assert arrives(None, "routed")


def test_a_source_to_which_no_route_leads_is_dropped(host, arrives, settings):
    host.check_output("ip route add unreachable 198.51.100.0/24")
    try:
        assert not arrives("198.51.100.7")
        settings(rp_filter=0)
        assert arrives("198.51.100.7")
    finally:
        host.check_output("ip route del unreachable 198.51.100.0/24")
