"""nmap's report is read by what answered, and a scan that has missed what is there proves nothing."""

import pytest

from bongsu.bench import open_ports
from bongsu.errors import BongsuError

REPORT = """\
# Nmap 7.93 scan initiated
Host: 10.89.93.21 ()\tPorts: 22/open/tcp//ssh///, 80/closed/tcp//http///, 5432/open/tcp//postgresql///
Host: 10.89.93.21 ()\tPorts: 53/open/udp//domain///, 161/open|filtered/udp//snmp///\tIgnored State: filtered (65532)
# Nmap done
"""


def test_what_answered_is_open_and_silence_is_not():
    assert open_ports.open_ports(REPORT) == ["22/tcp", "5432/tcp", "53/udp"]


def test_the_address_that_a_host_gives_itself():
    assert open_ports.link_local("02:b0:0a:59:65:0d") == "fe80::b0:aff:fe59:650d"


def test_a_scan_that_saw_nothing_is_no_reading():
    with pytest.raises(BongsuError, match="Debian 12, after: nmap did not see 22/tcp over IPv6"):
        open_ports.require("after", {"12": ["22/tcp over IPv4"]})
    with pytest.raises(BongsuError, match=r"before: nmap did not see .*5353/udp over IPv4"):
        open_ports.require("before", {"12": ["22/tcp over IPv4", "22/tcp over IPv6", "80/tcp over IPv4"]})
    open_ports.require("after", {"12": ["22/tcp over IPv4", "22/tcp over IPv6", "99/tcp over IPv4"]})
