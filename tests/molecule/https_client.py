"""One HTTPS request from outside a host, as a person, a monitor or a stranger would make it."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from pathlib import Path
from typing import Any

from lab_side import ADDRESSES, authority

REFUSED = (ssl.SSLError, ConnectionError)


def ask(
    name: str,
    port: int,
    path: str,
    *,
    pair: Path | None = None,
    login: tuple[str, str] | None = None,
    body: Any = None,
    server_name: str | None = None,
) -> tuple[int, str]:
    """Return status and text of the answer; the server must prove to be `name`, or `server_name`."""
    context = ssl.create_default_context(cadata=authority()[0])
    if pair is not None:
        context.load_cert_chain(pair)
    headers = {"Content-Type": "application/json"}
    if login is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    connection = http.client.HTTPConnection(ADDRESSES[name])
    with socket.create_connection((ADDRESSES[name], port), timeout=10) as plain:
        connection.sock = context.wrap_socket(plain, server_hostname=server_name or name)
        document = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, body=document, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
