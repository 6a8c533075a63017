"""A receiver of webhooks, run on one of the hosts: 401 without the token, one line a notification in /run/sink."""

import http.server
import json
import pathlib


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = self.headers.get("Authorization") == "Bearer lab-token-of-the-sink"
        if known:
            with pathlib.Path("/run/sink").open("a") as lines:
                lines.write(json.dumps({"path": self.path, "body": json.loads(body)}) + "\n")
        self.send_response(200 if known else 401)
        self.end_headers()


http.server.ThreadingHTTPServer(("", 8088), Sink).serve_forever()
