"""A small HTTPS server with a CA of its own, for the modules that ask Prometheus and Alertmanager."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from certificates import write_certificates


class FakeApi:
    """Answers GET with what `answers` holds for the path (a value, or a callable), and keeps what was posted."""

    def __init__(self, directory: Path):
        self.answers = {}
        self.statuses = iter(())  # of the next answers, where they are not 200
        self.posted = []
        self.authorizations = []
        self.files = write_certificates(directory)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files["cert"], self.files["key"])
        context.load_verify_locations(self.files["ca"])
        context.verify_mode = ssl.CERT_REQUIRED
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                fake.authorizations.append(self.headers.get("Authorization"))
                answer = fake.answers.get(self.path)
                status = next(fake.statuses, 404 if answer is None else 200)
                self._say(status, answer() if callable(answer) else answer)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fake.posted.append((self.path, json.loads(body)))
                self._say(200, "")

            def _say(self, status, answer):
                body = answer if isinstance(answer, str) else json.dumps(answer)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        return Handler
