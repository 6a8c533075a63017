from __future__ import annotations

import http.client
import json
import threading
import time

import pytest

from bongsu.lab import sink
from bongsu.lab.sink_server import Sink

TOKEN = "secret-of-the-test"


@pytest.fixture
def server(tmp_path):
    with Sink(("127.0.0.1", 0), TOKEN, tmp_path / "sink.jsonl") as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def ask(server, method, path, body=None, token=None, headers=None):
    connection = http.client.HTTPConnection(*server.server_address, timeout=5)
    login = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, login | (headers or {}))
    return connection.getresponse().status


def test_a_notification_is_kept_with_its_time(server):
    before = time.time()
    assert ask(server, "POST", "/page", json.dumps({"status": "firing"}), TOKEN) == 200
    (entry,) = sink.received(server.output)
    assert (entry["path"], entry["body"]) == ("/page", {"status": "firing"})
    assert before - 0.001 <= entry["received_at"] <= time.time() + 0.001


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_the_token_nothing_is_kept(server, token):
    assert ask(server, "POST", "/page", "{}", token) == 401
    assert sink.received(server.output) == []


def test_what_is_no_json_is_kept_as_text(server):
    assert ask(server, "POST", "/page", b"plain \xff", TOKEN) == 200
    assert sink.received(server.output)[0]["body"] == "plain \ufffd"


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/", 404)])
def test_get(server, path, status):
    assert ask(server, "GET", path) == status


def test_a_body_without_end_is_refused(server):
    assert ask(server, "POST", "/page", headers={"Content-Length": "99999999999"}, token=TOKEN) == 413


def test_many_at_once_are_all_kept_whole(server):
    threads = [
        threading.Thread(target=ask, args=(server, "POST", f"/{number}", json.dumps(["x" * 5000]), TOKEN))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry["path"] for entry in sink.received(server.output)} == {f"/{number}" for number in range(20)}


def test_a_line_that_is_still_being_written_is_left_for_later(tmp_path):
    file = tmp_path / "sink.jsonl"
    assert sink.received(file) == []
    file.write_text('{"path": "/a"}\n{"pa')
    assert sink.received(file) == [{"path": "/a"}]
