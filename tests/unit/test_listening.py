"""Who listens for others is read from the kernel's own tables, and a port that rules would close is asked about."""

import pytest
from ansible.module_utils.bongsu import listening, processes
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.listening import Listener

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
REST = "00000000:00000000 00:00000000 00000000     0        0"
TCP = f"""{HEAD}\
   0: 0100007F:0CEA 00000000:0000 0A {REST} 11 1 0 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A {REST} 12 1 0 100 0 0 10 0
   2: 0500000A:0016 0900000A:D431 01 {REST} 13 4 0 20 4 29 10 -1
"""
TCP6 = f"""{HEAD}\
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A {REST} 21 1
   1: B80D0120000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A {REST} 22 1
   2: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A {REST} 23 1
"""
UDP = f"""{HEAD}\
  10: 00000000:14E9 00000000:0000 07 {REST} 31 2
  11: 0500000A:8235 0100000A:0035 01 {REST} 32 2
"""
RAW = f"""{HEAD}\
   1: 00000000:0001 00000000:0000 07 {REST} 41 2
 112: 00000000:0070 00000000:0000 07 {REST} 42 2
 255: 00000000:00FF 00000000:0000 07 {REST} 43 2
"""
LINKS = [
    {"ifname": "gre0", "flags": ["NOARP"], "linkinfo": {"info_kind": "gre"}},
    {"ifname": "lo", "flags": ["LOOPBACK", "UP"]},
    {"ifname": "office", "flags": ["POINTOPOINT", "NOARP", "UP"], "linkinfo": {"info_kind": "gre"}},
    {"ifname": "six", "flags": ["NOARP", "UP"], "linkinfo": {"info_kind": "ip6tnl"}},
    {"ifname": "br0", "flags": ["BROADCAST", "UP"], "linkinfo": {"info_kind": "bridge"}},
]
XFRM = """\
src 192.0.2.1 dst 192.0.2.2
\tproto esp spi 0xc1 reqid 1 mode tunnel
\treplay-window 0 flag af-unspec
\tencap type espinudp sport 4500 dport 4500 addr 0.0.0.0
src 192.0.2.2 dst 192.0.2.1
\tproto esp spi 0xc2 reqid 1 mode transport
\treplay-window 32
"""
VRRP = Listener("ip", 112, "0.0.0.0", 42)  # noqa: S104  # nothing is bound
SSH = Listener("tcp", 22, "0.0.0.0", 12)  # noqa: S104  # nothing is bound
MDNS = Listener("udp", 5353, "0.0.0.0", 31)  # noqa: S104  # nothing is bound


@pytest.mark.parametrize(
    ("text", "protocol", "found"),
    [
        (TCP, "tcp", [SSH]),
        (TCP6, "tcp", [Listener("tcp", 8080, "2001:db8::1", 22)]),
        (UDP, "udp", [MDNS]),
        (RAW, "ip", [VRRP]),
        (HEAD, "tcp", []),
    ],
)
def test_sockets_that_listen_for_others_are_read(text, protocol, found):
    assert listening.parse(text, protocol, "little") == found


def test_a_machine_of_the_other_byte_order_prints_otherwise():
    text = TCP.replace("0100007F", "7F000001").replace("0500000A", "0A000005")
    assert listening.parse(text, "tcp", "big") == [SSH]


@pytest.mark.parametrize(
    ("wanted", "placed", "closing"),
    [
        (["22/tcp"], None, [MDNS]),
        (["22/tcp", "5000-6000/udp"], None, []),
        (["22/udp", "5353/tcp"], None, [SSH, MDNS]),
        (["22/tcp"], ["22/tcp"], []),  # shut already
        (["22/tcp"], ["22/tcp", "5353/udp"], [MDNS]),
    ],
)
def test_what_would_be_closed_and_nobody_spoke_of(wanted, placed, closing):
    assert listening.closing([MDNS, SSH], wanted, placed) == closing


def test_a_protocol_without_ports_is_answered_for_by_its_number():
    assert listening.closing([VRRP], ["112/tcp", "112/udp"], None) == [VRRP]
    assert listening.closing([VRRP], ["112/ip"], None) == []


def test_names_for_containers_are_no_question():
    served = [Listener("udp", 53, "10.88.0.1"), Listener("tcp", 80, "10.88.0.1"), Listener("udp", 53, "192.0.2.1")]
    assert listening.closing(served, [], None, {"10.88.0.1"}) == [served[1], served[2]]


def test_the_question_names_the_place_and_the_lines_that_answer():
    said = listening.question([(SSH, "sshd (process 7, ssh.service)"), (MDNS, "avahi")], [80], ["111/udp"])
    assert "would close 22/tcp, 5353/udp" in said
    assert "  22/tcp: sshd (process 7, ssh.service) listens on 0.0.0.0" in said
    assert "firewall_open: [80, 22, 5353/udp]" in said
    assert "firewall_allow: {NAME: {ports: [22], from: [monitors]}}" in said
    assert "firewall_close: [111/udp, 22, 5353/udp]" in said
    assert "{ports: [5353], protocol: udp, from" in listening.question([(MDNS, "avahi")], [], [])


def test_the_kernels_own_tunnels_are_known_by_what_iproute2_says():
    six = Listener("ip", 4, "six"), Listener("ip", 41, "six")
    assert listening.tunnels(LINKS) == [Listener("ip", 47, "office"), *six]
    assert listening.secured(XFRM, {"192.0.2.1"}) == [Listener("ip", 50, "192.0.2.1")]
    assert listening.secured(XFRM, {"192.0.2.2"}) == []  # what comes to it comes within UDP
    assert (listening.tunnels([]), listening.secured("", set())) == ([], [])


def test_one_without_ports_is_asked_about_by_its_name():
    said = listening.question([(VRRP, "keepalived (process 7)")], [], [])
    assert "would close 112/ip" in said
    assert "  112/ip (vrrp): keepalived (process 7) listens on 0.0.0.0" in said
    assert "firewall_allow: {NAME: {protocol: vrrp, from: [monitors]}}" in said
    assert "firewall_close: [112/ip]" in said


def test_what_is_no_port_is_told():
    with pytest.raises(BongsuError, match="'http' is no port"):
        listening.spans(["http"])


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("12:pids:/user.slice\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n0::/\n", "session-3.scope"),
        ("0::/system.slice/docker.service/payload\n", "docker.service"),
        ("0::/\n", ""),
    ],
)
def test_a_process_s_unit(cgroup, unit):
    assert processes.unit_of(cgroup) == unit
