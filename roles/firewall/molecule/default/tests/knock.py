"""Knock at ports: writes those that answer, as JSON. Runs on any machine with Python: `knock.py ADDRESS PORT…`."""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 1.5  # seconds for an answer of a host next door


def answers(address, word):
    port, _, protocol = word.partition("/")
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    family, _, _, _, target = socket.getaddrinfo(address, int(port), type=kind)[0]
    with socket.socket(family, kind) as made:
        made.settimeout(PATIENCE)
        try:
            made.connect(target)
            if kind == socket.SOCK_DGRAM:
                made.sendall(b"hello")
            return bool(made.recv(64))
        except OSError:
            return False


def main(address, words):
    with ThreadPoolExecutor(max_workers=len(words)) as pool:
        found = pool.map(lambda word: answers(address, word), words)
        answered = [word for word, heard in zip(words, found, strict=True) if heard]
    sys.stdout.write(json.dumps(answered) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
