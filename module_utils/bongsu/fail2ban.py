"""Ask a running fail2ban over its socket, as its own client does; without its code, a look costs next to nothing.

A question is a pickled list of words, an answer a pickled pair (0, value) or (1, exception). A mark ends each.
"""

from __future__ import annotations

import io
import pickle  # fail2ban speaks nothing else; what is read is taken apart below
import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from .errors import BongsuError

SOCKET = "/run/fail2ban/fail2ban.sock"  # of root alone, as is the directory that it is in
_END = b"<F2B_END_COMMAND>"
_CLOSE = b"<F2B_CLOSE_COMMAND>"
_PATIENCE = 10.0  # seconds for one answer: while it reloads, fail2ban answers nobody


class RefusedError(BongsuError):
    """fail2ban has answered, and said no: there is no such jail, action or setting."""


class Server:
    """A connection to the server; it serves any number of questions."""

    def __init__(self, path: str = SOCKET) -> None:
        """Connect; BongsuError says that no server answers."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_PATIENCE)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise BongsuError(f"fail2ban does not answer ({error.strerror or error})") from error

    def __enter__(self) -> Self:
        """Return the connection."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take leave, so that the server does not wait for more."""
        with suppress(OSError):  # it is gone already
            self._socket.sendall(_CLOSE + _END)
        self._socket.close()

    def ask(self, *words: str) -> Any:
        """Return the answer to one question; RefusedError where that is a no, BongsuError where there is none."""
        try:
            self._socket.sendall(pickle.dumps(list(words), 2) + _END)
            status, value = read(self._receive())
        except (OSError, ValueError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise BongsuError(f"fail2ban does not answer '{' '.join(words)}' ({error})") from error
        if status != 0:
            raise RefusedError(f"fail2ban refuses '{' '.join(words)}': {value}")
        return value

    def jails(self) -> list[str]:
        """Return the names of the jails that run."""
        return [name for name in dict(self.ask("status"))["Jail list"].split(", ") if name]

    def _receive(self) -> bytes:
        received = b""
        while not received.endswith(_END):
            part = self._socket.recv(65536)
            if not part:
                raise EOFError("it hung up")
            received += part
        return received.removesuffix(_END)


class _Stranger:
    """Stands for whatever class the server names: only what it was made of is looked at, nothing is loaded or run."""

    def __init__(self, *made_of: object) -> None:
        self._made_of = made_of

    def __str__(self) -> str:
        return " ".join(map(str, self._made_of))


class _Reader(pickle.Unpickler):
    def find_class(self, _module: str, _name: str) -> type:
        return _Stranger


def read(answer: bytes) -> Any:
    """Unpickle an answer: texts, numbers, lists and the like; of anything else, a stand-in."""
    return _Reader(io.BytesIO(answer)).load()
