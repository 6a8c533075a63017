"""Whether the hosts that stand in for this one are well, by their own answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable

from ..api import Api
from ..errors import BongsuError
from .settings import Peer

TLS = {"ca": "/etc/bongsu/tls/ca.crt", "cert": "/etc/bongsu/tls/host.crt", "key": "/etc/bongsu/tls/host.key"}
_PROBE = re.compile(r"(tcp|https):(\d+)(/.*)?")
_PATIENCE = 5.0  # seconds for one answer
_UNAUTHORIZED = 401  # who asks for a password is at work


def unwell(peers: Iterable[Peer], tls: dict[str, str] | None = None) -> list[str]:
    """Say of each peer that does not answer as it should what is wrong; empty when all are well."""
    return [
        f"{peer.name}: {complaint}"
        for peer in peers
        if (complaint := next(filter(None, (_ask(peer, probe, tls or TLS) for probe in peer.probes)), ""))
    ]


def _ask(peer: Peer, probe: str, tls: dict[str, str]) -> str:
    parts = _PROBE.fullmatch(probe)
    if parts is None:
        return f"'{probe}' is no probe"
    kind, port, path = parts.groups()
    if kind == "tcp":
        return _connect(peer.address, int(port))
    where = f"[{peer.address}]" if ":" in peer.address else peer.address
    try:
        Api(f"https://{where}:{port}", **tls).get_text(path or "/")
    except BongsuError as error:
        return "" if error.details.get("status") == _UNAUTHORIZED else str(error)
    return ""


def _connect(address: str, port: int) -> str:
    try:
        with socket.create_connection((address, port), timeout=_PATIENCE):
            return ""
    except OSError as error:
        return f"port {port}: {error}"
