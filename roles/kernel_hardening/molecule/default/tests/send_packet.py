"""Send one packet as nobody's own programs would; runs on a lab host, as root.

``udp SOURCE DESTINATION PORT TEXT [routed]``: from whatever address; routed, it brings its own way (RFC 791, LSRR).
``redirect ROUTER DESTINATION TARGET VIA``: in the router's name, to send what is for TARGET by way of VIA.
"""

import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def header(source, destination, protocol, length, options=b""):
    """Return an IP header; the kernel adds its checksum to what it sends."""
    words = 5 + len(options) // 4
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    return struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + length, 1, 0, 64, protocol, 0) + addresses + options


def udp(source, destination, port, text, routed=""):
    way = bytes([131, 7, 8]) + socket.inet_aton(destination) + b"\0" if routed else b""  # its end is reached
    body = struct.pack("!HHHH", 4242, int(port), 8 + len(text), 0) + text.encode()
    return header(source, destination, socket.IPPROTO_UDP, len(body), way) + body


def redirect(router, destination, target, via):
    pong = struct.pack("!BBHHH", 0, 0, 0, 1, 1)  # of an answer to a ping, the kernel needs no socket to know the route
    inner = bytearray(header(destination, target, socket.IPPROTO_ICMP, len(pong)))
    inner[10:12] = struct.pack("!H", checksum(bytes(inner)))
    rest = socket.inet_aton(via) + bytes(inner) + pong
    told = struct.pack("!BBH", 5, 1, checksum(struct.pack("!BBH", 5, 1, 0) + rest)) + rest
    return header(router, destination, socket.IPPROTO_ICMP, len(told)) + told


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    packet = {"udp": udp, "redirect": redirect}[kind](*words)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        sender.sendto(packet, (words[1], 0))
