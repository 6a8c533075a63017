"""Calls every service of a host in turn until standard input ends; prints {service: {calls, failures}} as JSON."""

import json
import select
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

ADDRESS = sys.argv[1]
PATIENCE = 3.0  # seconds for one call


def web(port):
    return lambda: urlopen(f"http://{ADDRESS}:{port}/", timeout=PATIENCE).read()


def postgresql():
    sql = "INSERT INTO seen DEFAULT VALUES; SELECT count(*) FROM seen"
    argv = ["psql", "-qAt", f"host={ADDRESS} user=postgres connect_timeout={PATIENCE:.0f}", "-c", sql]
    return subprocess.run(argv, check=True, capture_output=True, timeout=2 * PATIENCE)


def redis():
    with socket.create_connection((ADDRESS, 6379), PATIENCE) as connection:
        connection.sendall(b"INCR calls\r\n")
        answer = connection.recv(100)
        if not answer.startswith(b":"):
            raise OSError(answer)


services = {"nginx": web(80), "postgresql": postgresql, "redis": redis, "python": web(8000), "guest": web(8081)}
told = {name: {"calls": 0, "failures": []} for name in services}
while not select.select([sys.stdin], [], [], 0.2)[0]:
    for name, call in services.items():
        told[name]["calls"] += 1
        try:
            call()
        except (OSError, subprocess.SubprocessError) as error:
            told[name]["failures"].append(f"{time.strftime('%H:%M:%S')} {error!r}")
sys.stdout.write(json.dumps(told))
