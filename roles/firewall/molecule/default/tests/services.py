"""Real services on a host: TCP ports that greet, UDP ports that echo, on every address of both versions of IP."""

import select
import socket
import sys


def listen(kind, port):
    found = socket.socket(socket.AF_INET6, kind)
    found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        found.listen(128)
    return found


def main(words):
    sockets = [
        listen(socket.SOCK_DGRAM if word.endswith("/udp") else socket.SOCK_STREAM, int(word.removesuffix("/udp")))
        for word in words
    ]
    while True:
        for ready in select.select(sockets, [], [])[0]:
            if ready.type == socket.SOCK_STREAM:
                connection, _ = ready.accept()
                connection.sendall(b"hello\n")
                connection.close()
            else:
                data, peer = ready.recvfrom(64)
                ready.sendto(data, peer)


main(sys.argv[1:])
