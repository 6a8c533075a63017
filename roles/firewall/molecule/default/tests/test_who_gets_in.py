import json
import re
import socket

import pytest
from conftest import PORTS, only_on, words

OPEN = {"22", "2222", "8080", "8081/udp"}
TEXTFILES = "/var/lib/prometheus/node-exporter"


@pytest.fixture
def behind(host, side):
    """A machine behind the host, as a container is: reached through it, and routed to from the other host."""
    # Of type exec, it has started once it is in its own network, not before.
    host.run_expect([0], "systemd-run --unit=behind --service-type=exec --property=PrivateNetwork=yes sleep 600")
    inside = "nsenter --net --target $(systemctl show -P MainPID behind)"
    host.run_expect([0], "ip link add behind0 type veth peer name inside0")
    host.run_expect([0], "ip link set inside0 netns $(systemctl show -P MainPID behind)")
    host.run_expect([0], "ip address add 10.200.0.1/24 dev behind0 && ip link set behind0 up")
    host.run_expect([0], f"{inside} ip address add 10.200.0.2/24 dev inside0 && {inside} ip link set inside0 up")
    host.run_expect([0], f"{inside} ip route add default via 10.200.0.1")
    side.lab.run(side.other, ["ip", "route", "add", "10.200.0.0/24", "via", side.address], check=True)
    yield lambda: side.lab.run(side.other, ["ping", "-c", "2", "-i", "0.2", "-W", "1", "10.200.0.2"]).returncode == 0
    side.lab.run(side.other, ["ip", "route", "delete", "10.200.0.0/24"])
    host.run_test("ip link delete behind0; systemctl stop behind")


def counters(host):
    host.run_expect([0], f"mkdir -p {TEXTFILES} && systemctl start bongsu-firewall.service")
    text = host.file(f"{TEXTFILES}/bongsu_firewall.prom").content_string
    return {name: int(value) for name, value in re.findall(r'="(\w+)"} (\d+)', text)}


def test_a_stranger_reaches_what_is_open_and_nothing_else(side):
    assert side.knock(by=side.name) == set(PORTS)  # on the host itself all of them answer
    assert side.knock() == OPEN


def test_a_monitor_reaches_what_it_watches_and_may_and_nothing_else(side):
    assert side.knock(by=side.other) == OPEN | {"9100", "9093", "6000", "5300/udp"}


def test_the_same_holds_over_ipv6(host, side):
    found = json.loads(host.check_output("ip -json -6 address show dev eth0 scope link"))
    address = next(one["local"] for one in found[0]["addr_info"] if "local" in one)
    reached = side.knock(by=side.other, address=f"{address}%eth0")
    assert reached == OPEN | {"5432"}  # of link-local addresses, the set 'helpers' has all, and 'monitors' none
    assert side.lab.run(side.other, ["ping", "-6", "-c", "1", f"{address}%eth0"]).returncode == 0


def test_what_is_let_in_and_dropped_is_counted(host, side):
    try:
        before = counters(host)
        side.knock("8080", "7777")
        side.knock("9100", by=side.other)
        after = counters(host)
    finally:
        host.run_test("rm -r /var/lib/prometheus")
    grown = {name for name in after if after[name] > before[name]}
    assert grown >= {"open", "node_exporter", "unasked"}
    assert not grown & {"database", "vrrp", "spoofed"}


def test_many_logins_from_one_address_are_held_up_and_those_of_monitors_are_not(host, side):
    """Port 2222 stands for sshd, which would itself refuse so many."""
    try:
        held = socket.create_connection((side.address, 2222), timeout=5)
        many = ["2222"] * 90
        assert side.knock(*many) == {"2222"}  # some get through
        dropped = re.search(r"packets (\d+)", host.check_output("nft list counter inet bongsu dropped_ssh_rate"))
        assert int(dropped[1]) >= 20
        assert held.recv(16) == b"hello\n"
        assert host.check_output("true") == ""  # over the connection that is open
    finally:
        host.run_test("nft flush set inet bongsu SSH_RATE_v4")
    before = host.check_output("nft list counter inet bongsu dropped_ssh_rate")
    side.knock(*many, by=side.other)
    assert host.check_output("nft list counter inet bongsu dropped_ssh_rate") == before


def test_pings_are_answered(side):
    assert side.lab.run(side.other, ["ping", "-c", "1", "-W", "2", side.address]).returncode == 0


def test_what_is_forwarded_passes_until_strict_forbids_it(side, name, request):
    only_on("debian13", name)
    behind = request.getfixturevalue("behind")
    assert behind()
    try:
        assert side.converge(firewall_profile="strict").returncode == 0
        assert not behind()
        done = side.converge(firewall_profile="strict", firewall_forward_interfaces=["behind*"])
        assert done.returncode == 0, done.stdout
        assert behind()
    finally:
        assert side.converge().returncode == 0


def test_a_waived_control_is_not_placed(host, side, name):
    only_on("debian12", name)
    until = {"waived": "measured against another firewall", "until": "2031-03-31"}
    try:
        assert side.converge(firewall_controls={"firewall.input": until}).returncode == 0
        assert side.knock() == set(PORTS)
        told = host.check_output("/usr/lib/bongsu/bongsu controls --json")
        assert {"firewall.input": "waived"}.items() <= {
            one["control"]: one["state"] for one in json.loads(told)
        }.items()
    finally:
        done = side.converge()
    # without the control all was open, so that the question is asked anew: the inventory answers it
    assert done.returncode == 0, words(done)
    assert side.knock() == OPEN
