"""Health probes, which ask whether the component answers as its users expect."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from .. import host
from .units import UnitState

_PAUSE = 0.2  # seconds between two rounds of probes
_HOLD = 0.3  # seconds that a unit must stay up: a daemon that dislikes its configuration is gone sooner
_HOLD_LONG = 2.0  # of a unit whose own probes are another component's: Prometheus takes 0.6 s to miss a directory
_PATIENCE = 5.0  # seconds for one answer
_COMMAND_SECONDS = 20.0  # for a command: on a host that is busy, a Python that asks several daemons takes a while


def wait_healthy(
    probes: list[dict[str, Any]], units: list[str], deadline: float, also: Callable[[], list[str]] = list
) -> list[str]:
    """Probe until all pass at once or ``deadline`` seconds are over; list the last complaints, empty when healthy.

    ``also`` gives complaints that are no probe's. There is nothing to wait for once systemd has given up on one of
    ``units``.
    """
    end = time.monotonic() + deadline
    while True:
        dead = [f"{name} has failed" for name, state in host.unit_states(units).items() if state.failed]
        complaints = dead + [complaint for probe in probes if (complaint := check(probe))]
        complaints = complaints or also()
        if dead or not complaints or time.monotonic() >= end:
            return complaints
        time.sleep(_PAUSE)


def seen(units: list[str]) -> tuple[float, dict[str, UnitState]]:
    """Return how the services are, and the moment before that; no other unit ends by itself."""
    return time.monotonic(), host.unit_states([name for name in units if name.endswith(".service")])


def hold(since: tuple[float, dict[str, UnitState]], *, unasked: bool = False) -> list[str]:
    """List the services that do not stay active, in one invocation, for a moment; ``since`` is what seen() told.

    The time that probes took since then counts. A service that began anew meanwhile has its moment from now on. Where
    nobody has asked them anything they are to stay for a longer one.
    """
    at, before = since
    if not before:
        return []
    moment = _HOLD_LONG if unasked else _HOLD
    after = _after(at + moment - time.monotonic(), before)
    if _unsteady(before, after):
        before, after = after, _after(moment, before)
    return [f"{name} does not stay up" for name in _unsteady(before, after)]


def _after(seconds: float, units: Mapping[str, UnitState]) -> dict[str, UnitState]:
    time.sleep(max(0.0, seconds))
    return host.unit_states([*units])


def _unsteady(before: Mapping[str, UnitState], after: Mapping[str, UnitState]) -> list[str]:
    def steady(was: UnitState, now: UnitState) -> bool:
        return was.active and now.active and was.invocation == now.invocation

    return [name for name, was in before.items() if not steady(was, after[name])]


def check(probe: dict[str, Any]) -> str | None:
    """Run one probe; None when it passes, else what is wrong."""
    (kind, options), *_ = probe.items()
    try:
        complaint = _CHECKS[kind](options)
    except (OSError, http.client.HTTPException) as error:
        complaint = str(error) or type(error).__name__
    return f"{kind} {_subject(kind, options)}: {complaint}" if complaint else None


def _subject(kind: str, options: dict[str, Any]) -> str:
    if kind == "tcp":
        return f"{options['host']}:{options['port']}"
    if kind == "command":
        return " ".join(options["argv"])
    return str(options.get("url") or options.get("path") or options.get("name"))


def _unit(options: dict[str, Any]) -> str | None:
    return None if host.unit_states([options["name"]])[options["name"]].active else "is not active"


def _tcp(options: dict[str, Any]) -> str | None:
    with socket.create_connection((options["host"], options["port"]), timeout=_PATIENCE):
        return None


def _command(options: dict[str, Any]) -> str | None:
    output = host.run(options["argv"], timeout=_COMMAND_SECONDS)
    return None if output.status == 0 else f"exit status {output.status}: {output.text}"


def _file(options: dict[str, Any]) -> str | None:
    age = time.time() - os.stat(options["path"]).st_mtime
    limit = options["max_age"]
    return None if limit is None or age <= limit else f"is {age:.0f} s old; at most {limit:g} s are allowed"


def _http(options: dict[str, Any]) -> str | None:
    url = urlsplit(options["url"])
    host_name = url.hostname or ""
    connection = http.client.HTTPConnection(host_name, url.port or (443 if url.scheme == "https" else 80))
    sock = socket.create_connection((host_name, connection.port), timeout=_PATIENCE)
    try:
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=options["ca"])
            if options["cert"]:
                context.load_cert_chain(options["cert"], options["key"])
            sock = context.wrap_socket(sock, server_hostname=options["server_name"] or host_name)
        connection.sock = sock
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("GET", path, headers=_headers(options))
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    finally:
        sock.close()
    if response.status != options["status"]:
        return f"answered {response.status}, wanted {options['status']}: {body.strip()[:200]}"
    if options["contains"] is not None and options["contains"] not in body:
        return f"the answer does not contain '{options['contains']}'"
    return None


def _headers(options: dict[str, Any]) -> dict[str, str]:
    if options["username"] is None:
        return {}
    pair = f"{options['username']}:{options['password'] or ''}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


_CHECKS = {"unit": _unit, "tcp": _tcp, "http": _http, "command": _command, "file": _file}
