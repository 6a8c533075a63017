"""Over which SSH connection whoever runs this has come.

The shell that sshd started has it in its environment; sudo takes it out of what runs below. So the nearest process that
knows is asked.
"""

from __future__ import annotations

import os
from pathlib import Path


def came_from() -> str | None:
    """Return the address as this host sees it, which behind NAT it alone does; None for a timer, or at the console."""
    words = _connection()
    return words[0].partition("%")[0] if words else None


def came_to_port() -> int | None:
    """Return the port of sshd; None where nobody came over SSH."""
    words = _connection()
    return int(words[3]) if words else None


def _connection() -> list[str]:
    """Return client's address and port, then the server's; empty where no process knows."""
    process = os.getpid()
    while process > 1:
        try:
            environment = Path(f"/proc/{process}/environ").read_bytes()
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return []
        for variable in environment.split(b"\0"):
            name, _, value = variable.partition(b"=")
            if name == b"SSH_CONNECTION" and len(words := value.decode(errors="replace").split()) == 4:
                return words
    return []
