"""A small client for the APIs of Prometheus and Alertmanager: HTTPS with the host's own certificate."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from .errors import BongsuError

SECONDS_TO_ANSWER = 5.0


@dataclass(frozen=True)
class Api:
    """One daemon's API. ``cert`` and ``key`` are for mutual TLS, ``username`` and ``password`` for the others."""

    url: str
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    username: str | None = None
    password: str | None = None

    def get_json(self, path: str) -> Any:
        """Return the parsed answer to GET; raise BongsuError with the daemon's own words."""
        return json.loads(self._ask(path, None))

    def get_text(self, path: str) -> str:
        """Return the answer to GET as text."""
        return self._ask(path, None)

    def post_json(self, path: str, document: Any) -> str:
        """Send a document and return the answer as text."""
        return self._ask(path, json.dumps(document).encode())

    def _ask(self, path: str, body: bytes | None) -> str:
        address = self.url.rstrip("/") + path
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.username is not None:
            pair = base64.b64encode(f"{self.username}:{self.password or ''}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - from a role's variables
        try:
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._context())
            )
            with opener.open(request, timeout=SECONDS_TO_ANSWER) as answer:
                return str(answer.read().decode("utf-8", errors="replace"))
        except urllib.error.HTTPError as error:
            words = error.read().decode("utf-8", errors="replace").strip()[:300]
            told = f"{address}: answered {error.code} {error.reason}: {words}"
            raise BongsuError(told, status=error.code) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise BongsuError(f"{address}: {reason}") from error

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca)
        if self.cert is not None:
            context.load_cert_chain(self.cert, self.key)
        return context
