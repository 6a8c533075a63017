"""The end of the line: an HTTP server that keeps every notification it is given, and when it came.

Runs inside a container of its own, on any Python 3.11 or later with nothing else installed:

    python3 sink_server.py PORT TOKEN_FILE OUTPUT_FILE

`POST /<receiver>` with the bearer token appends one JSON line {received_at, path, body} to the output, durably, and
only then answers 200: a notification that was acknowledged is in the file. `GET /healthz` answers 200.
"""

from __future__ import annotations

import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LARGEST_BODY = 10 * 1024 * 1024


class Sink(ThreadingHTTPServer):
    """The server with its token and its file."""

    daemon_threads = True
    request_queue_size = 128  # a storm of alerts connects at once; with the usual 5, the kernel resets some of them

    def __init__(self, address: tuple[str, int], token: str, output: Path) -> None:
        """Listen on `address`; append to `output` what comes with `token`."""
        super().__init__(address, Handler)
        self.token = token
        self.output = output
        self._writing = threading.Lock()

    def keep(self, entry: dict[str, object]) -> None:
        """Append one entry and wait until the disk has it."""
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        with self._writing, self.output.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Sink
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Say whether the sink is alive."""
        self._answer(200 if self.path == "/healthz" else 404)

    def do_POST(self) -> None:
        """Keep a notification."""
        received_at = round(time.time(), 3)
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._answer(411 if not length.isdigit() else 413)
            return
        raw = self.rfile.read(int(length))
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            self._answer(401)
            return
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw.decode(errors="replace")
        self.server.keep({"received_at": received_at, "path": self.path, "body": body})
        self._answer(200)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay quiet: the output file is the log."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main() -> None:
    """Serve for ever."""
    port, token_file, output = sys.argv[1:4]
    token = Path(token_file).read_text(encoding="utf-8").strip()
    Sink(("0.0.0.0", int(port)), token, Path(output)).serve_forever()  # noqa: S104 - the container's own network


if __name__ == "__main__":
    main()
