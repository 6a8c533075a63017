"""A client with a certificate, as a monitor is: let in or refused, anew, by a ticket, or on a connection kept open."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

MESH = 9094
MESH_NAME = "alertmanager.bongsu.internal"
PATIENCE = 5.0  # seconds for one answer
SILENCE = 1.5  # seconds: the mesh's port says nothing to a client that it lets in


@dataclass(frozen=True)
class Port:
    """A port of a host, by the names on its certificate."""

    host: str
    address: str
    number: int

    @property
    def server_name(self) -> str:
        return MESH_NAME if self.number == MESH else self.host


class Client:
    """One certificate with its key, and the authorities that the client believes servers by."""

    def __init__(self, pair: Path, authorities: Path) -> None:
        self._context = ssl.create_default_context(cafile=str(authorities))
        self._context.load_cert_chain(str(pair))

    def visit(self, port: Port, session: ssl.SSLSession | None = None) -> Visit | None:
        """Connect and ask once; None when the client is refused. With `session`, try to resume that."""
        plain = socket.create_connection((port.address, port.number), timeout=PATIENCE)
        try:
            visit = Visit(self._context.wrap_socket(plain, server_hostname=port.server_name, session=session), port)
        except (ssl.SSLError, ConnectionResetError):
            plain.close()
            return None
        return visit if visit.ask() else None


@dataclass
class Visit:
    """A connection that is kept open."""

    connection: ssl.SSLSocket
    port: Port

    def ask(self) -> bool:
        """Say whether the server still answers this client; in TLS 1.3 it refuses only with its first answer."""
        try:
            if self.port.number == MESH:
                return self._stays_open()
            self.connection.sendall(f"GET /metrics HTTP/1.1\r\nHost: {self.port.host}\r\n\r\n".encode())
            self.connection.settimeout(PATIENCE)
            answered = self.connection.recv(12).startswith(b"HTTP/1.1 ")
            self._drain()
        except (ssl.SSLError, ConnectionError):
            return False
        return answered

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection may be resumed with."""
        return self.connection.session

    def close(self) -> None:
        self.connection.close()

    def _stays_open(self) -> bool:
        self.connection.settimeout(SILENCE)
        try:
            return self.connection.recv(1) != b""
        except TimeoutError:
            return True

    def _drain(self) -> None:
        self.connection.settimeout(0.3)
        try:
            while self.connection.recv(65536):
                pass
        except TimeoutError:
            return
