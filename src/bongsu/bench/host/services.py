"""Real services on a host: TCP ports that greet, UDP ports that echo, on every address of both versions of IP.

Arguments: ports, as 5432 or 53/udp. Runs on the host, with its Python alone, until it is stopped.
"""

from __future__ import annotations

import select
import socket
import sys


def listen(kind: socket.SocketKind, port: int) -> socket.socket:
    """Return a socket that takes from anybody, by IPv4 as well."""
    found = socket.socket(socket.AF_INET6, kind)
    found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        found.listen(128)
    return found


def main(words: list[str]) -> None:
    """Serve for ever."""
    sockets = [
        listen(socket.SOCK_DGRAM if word.endswith("/udp") else socket.SOCK_STREAM, int(word.removesuffix("/udp")))
        for word in words
    ]
    while True:
        for ready in select.select(sockets, [], [])[0]:
            if ready.type == socket.SOCK_STREAM:
                connection, _ = ready.accept()
                with connection:
                    connection.sendall(b"hello\n")
            else:
                data, peer = ready.recvfrom(64)
                ready.sendto(data or b"hello\n", peer)


if __name__ == "__main__":
    main(sys.argv[1:])
