"""How values are written, told by the end of their names: one table, for every role.

A role that follows the table gets the check for free: `prometheus_scrape_interval` is a duration because it ends
in `_interval`. A variable whose spec says `int` or `float` (seconds, say) is not held to a text format.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bongsu.inventory.words import short

if TYPE_CHECKING:
    from collections.abc import Callable

# Prometheus's and Alertmanager's notation (github.com/prometheus/common/model, ParseDuration).
_DURATION = re.compile(r"0|(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?")
# prometheus --storage.tsdb.retention.size (github.com/alecthomas/units, Base2Bytes).
_SIZE = re.compile(r"0|\d+(\.\d+)?([KMGTPE]i?)?B")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Go's time.ParseDuration: what a daemon's flag reads, and no days.
_GO_DURATION = re.compile(r"0|(\d+(\.\d+)?(h|m|s|ms|us|ns))+")
_TYPES = "service|socket|timer|mount|target|path|automount|swap|slice|scope|device"
_UNIT = re.compile(rf"[A-Za-z0-9:_\\@-]+|[A-Za-z0-9:_.\\@-]+\.({_TYPES})")


def is_duration(text: str) -> bool:
    """Say whether the text is a duration as Prometheus reads it."""
    return bool(_DURATION.fullmatch(text))


def milliseconds(text: str) -> int | None:
    """Return a duration's length; None when it is not one."""
    if not is_duration(text):
        return None
    unit = {"y": 31536000000, "w": 604800000, "d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}
    return sum(int(count) * unit[name] for count, name in re.findall(r"(\d+)(ms|[ywdhms])", text))


def is_go_duration(text: str) -> bool:
    """Say whether the text is a duration as a daemon's flags read it."""
    return bool(_GO_DURATION.fullmatch(text))


def is_size(text: str) -> bool:
    """Say whether the text is a size as Prometheus reads it."""
    return bool(_SIZE.fullmatch(text))


def is_port(text: str) -> bool:
    """Say whether the text is a port that can be listened on."""
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def is_hostname(text: str) -> bool:
    """Say whether the text is DNS labels joined by dots (RFC 1123)."""
    return 0 < len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


def is_ip(text: str) -> bool:
    """Say whether the text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_address(text: str) -> bool:
    """Say whether the text is an IP address or a DNS name; 10.0.0.300 is neither."""
    return is_ip(text) or (is_hostname(text) and not re.fullmatch(r"[\d.]+", text))


def is_url(text: str) -> bool:
    """Say whether the text is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and is_address(host) and port_is_fine and not re.search(r"\s", text)


def is_host_port(text: str) -> bool:
    """Say whether the text is host:port, the host an address, a name or an IPv6 address in brackets."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    return bool(colon) and is_port(port) and (is_address(bare) and (bare == host or is_ip(bare)))


def is_unit(text: str) -> bool:
    """Say whether the text is a systemd unit; a name without a type is a service's."""
    return bool(_UNIT.fullmatch(text))


@dataclass(frozen=True)
class Format:
    """What a value must look like, and how to write it."""

    endings: tuple[str, ...]
    holds: Callable[[str], bool]
    what: str
    example: str

    def wrong(self, value: object) -> str | None:
        """Return the message for a value that does not hold to the format."""
        if self.holds(str(value)):
            return None
        return f"'{short(value)}' is not {self.what}; write it as {self.example}"


DURATION = Format(
    ("_interval", "_timeout", "_for", "_wait", "_delay", "_retention", "_retention_time", "_lifetime", "_age"),
    is_duration,
    "a duration",
    "30s, 5m, 1h30m or 15d",
)
GO_DURATION = Format(
    ("alertmanager_retention", "_cluster_peer_timeout", "_cluster_reconnect_interval", "blackbox_exporter_timeout"),
    is_go_duration,
    "a duration without days",
    "500ms, 30s, 5m or 120h",
)
SIZE = Format(("_size", "_retention_size"), is_size, "a size", "512MB or 10GB")
URL = Format(("_url",), is_url, "a URL", "https://host.example.org/path")
PORT = Format(("_port",), is_port, "a port", "a number from 1 to 65535")
ADDRESS = Format(
    ("_address", "_addresses", "host_certificate_names"),
    is_address,
    "an address",
    "192.0.2.10, 2001:db8::10 or db1.example.org",
)
UNIT = Format(("_units",), is_unit, "a systemd unit", "nginx.service, backup.timer or srv-data.mount")
FORMATS = (DURATION, GO_DURATION, SIZE, URL, PORT, ADDRESS, UNIT)


def format_of(name: str, kind: str) -> Format | None:
    """Return the format that a name's ending asks for, given the type in its spec; the longest ending wins."""
    matches = [(len(ending), form) for form in FORMATS for ending in form.endings if f"_{name}".endswith(ending)]
    if not matches:
        return None
    form = max(matches, key=lambda match: match[0])[1]
    numeric = kind in {"int", "float", "bool"}
    return form if form is PORT or not numeric else None
