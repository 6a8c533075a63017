"""Knocks on ports as a client that has no business there; runs on a lab host, with its Python alone.

Reads {"targets": [[host, address, port], …], "clients": {name: {"cert": pem or path, "key": …} or null}} as JSON from
the file named by its argument and prints [[host, port, client, answer], …].
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

TIMEOUT = 5.0
ALERT_WAIT = 1.0  # a TLS 1.3 server judges the client's certificate after the client's side of the handshake is done
REQUEST = b"GET /metrics HTTP/1.0\r\nHost: stranger\r\n\r\n"


def knock(address: str, port: int, client: dict[str, str] | None, *, plain: bool) -> str:
    """Return what the port answers to this client: `refused: …` or `let in: …`.

    Silence refuses a client that speaks no TLS. With TLS, a handshake that stands is a door that is open, whatever
    is said behind it.
    """
    try:
        with socket.create_connection((address, port), timeout=TIMEOUT) as raw:
            if plain:
                return heard(raw) or "refused: not a word"
            with context(client).wrap_socket(raw) as wrapped:
                return rejected(wrapped) or heard(wrapped) or "let in: the handshake stands"
    except ssl.SSLError as error:
        return f"refused: {error.reason or error}"
    except TimeoutError:
        return "refused: no handshake"
    except OSError as error:
        return f"refused: {error.strerror or error}"


def context(client: dict[str, str] | None) -> ssl.SSLContext:
    """Return a client's TLS settings, with its certificate if it has one."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE  # whom we knock at does not matter, only who we are
    if client is not None:
        made.load_cert_chain(client["cert"], client["key"])
    return made


def rejected(connection: ssl.SSLSocket) -> str:
    """Wait for the server's verdict on the certificate; "" when it has none. An alert is raised as ssl.SSLError."""
    connection.settimeout(ALERT_WAIT)
    try:
        return "" if connection.recv(1) else "let in: the handshake stood, then the server left"
    except TimeoutError:
        return ""
    finally:
        connection.settimeout(TIMEOUT)


def heard(connection: socket.socket) -> str:
    """Send a request and return what came back; "" when nothing did."""
    connection.sendall(REQUEST)
    try:
        data = connection.recv(4096)
    except TimeoutError:
        return ""
    if not data:
        return "let in: the handshake stood" if isinstance(connection, ssl.SSLSocket) else "refused: closed"
    status = data.split(b"\r\n", 1)[0].decode(errors="replace")
    words = status.split()
    refused = len(words) > 1 and words[0].startswith("HTTP/") and words[1] in ("400", "401", "403")
    return f"refused: {status}" if refused else f"let in: {status}"


def files(client: dict[str, str] | None, directory: Path, name: str) -> dict[str, str] | None:
    """Return a client with its PEM texts turned into paths of files."""
    if client is None:
        return None
    found = {}
    for part, value in client.items():
        if value.startswith("-----BEGIN"):
            path = directory / f"{name}.{part}"
            path.touch(mode=0o600)
            path.write_text(value)
            value = str(path)
        found[part] = value
    return found


def main() -> None:
    """Knock with every client at every target."""
    task: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    results = []
    with tempfile.TemporaryDirectory() as directory:
        for name, given in task["clients"].items():
            client = files(given, Path(directory), name)
            for host, address, port in task["targets"]:
                results.append([host, port, name, knock(address, port, client, plain=name == "plain")])
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
