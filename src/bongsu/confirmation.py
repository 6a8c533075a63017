"""Confirm a change over a new connection: the proof that it has not locked the operator out."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleConnectionFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_MULTIPLEXING = "-o ControlMaster=no -o ControlPath=none"  # ssh takes the first value that it is given
_ATTEMPT = 5  # seconds for one connection: what is refused or dropped shall leave time for another attempt
_PAUSE = 0.5  # seconds before the next attempt, where no daemon has answered
# And where sshd has refused: each refusal makes it shut our address out for five seconds more, once they are fifteen
# together (PerSourcePenalties, OpenSSH 9.8 and later), and that would outlast the undoing.
_PAUSE_REFUSED = 5.5
_NOT_HEARD = ("timed out", "Connection refused", "No route to host", "is unreachable")

Ask = Callable[[], dict[str, Any]]


@contextmanager
def new_connection(connection: Any) -> Iterator[None]:
    """Have every command in this block log in anew; a connection that is not SSH has nothing to log in to."""
    if getattr(connection, "transport", "") != "ssh":
        yield
        return
    usual = {name: connection.get_option(name) for name in ("ssh_args", "timeout", "reconnection_retries")}
    connection.set_option("ssh_args", f"{_NO_MULTIPLEXING} {usual['ssh_args'] or ''}")
    connection.set_option("timeout", _ATTEMPT)
    connection.set_option("reconnection_retries", 0)
    try:
        yield
    finally:
        for name, value in usual.items():
            connection.set_option(name, value)


def insist(connection: Any, ask: Ask, seconds: float) -> tuple[dict[str, Any] | None, str]:
    """Ask over new connections for ``seconds``; return the first answer, or None and what went wrong last."""
    end = time.monotonic() + seconds
    words = "no time was left"
    with new_connection(connection):
        while time.monotonic() < end:
            try:
                answer = ask()
            except AnsibleConnectionFailure as error:
                words = str(error).strip()
            else:
                complaint = _no_answer(answer)
                if complaint is None:
                    return answer, ""
                words = complaint
            pause = _PAUSE if any(sign in words for sign in _NOT_HEARD) else _PAUSE_REFUSED
            time.sleep(min(pause, max(end - time.monotonic(), 0.0)))
    return None, words


def _no_answer(answer: dict[str, Any]) -> str | None:
    """Tell why an answer is none; None where it is one.

    A login may succeed and lead nowhere: to another command (ForceCommand), or to a shell that ends at once.
    """
    if answer.get("unreachable"):
        return str(answer.get("msg", "")).strip()
    if "module_stdout" in answer:  # what Ansible makes of an output that is no module's
        said = " ".join(str(answer.get(key) or "").strip() for key in ("module_stderr", "module_stdout")).strip()
        return (
            f"one can log in, but no command runs as it should (exit status {answer.get('rc')}): {said or 'no words'}"
        )
    return None
