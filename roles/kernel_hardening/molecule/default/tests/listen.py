"""Write down what comes in by UDP, a line a packet; runs on a lab host. ``PORT FILE``"""

import socket
import sys
from pathlib import Path

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard, Path(sys.argv[2]).open("w", buffering=1) as log:
    heard.bind(("", int(sys.argv[1])))
    log.write("listening\n")
    while True:
        log.write(heard.recv(100).decode() + "\n")
