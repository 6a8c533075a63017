"""What the role has left on the host about its window and its peers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BongsuError
from .window import Window

PATH = Path("/etc/bongsu/updates.json")


@dataclass(frozen=True)
class Peer:
    """A host that stands in for this one, and what it answers when it is well: ``tcp:PORT`` or ``https:PORT/PATH``."""

    name: str
    address: str
    probes: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """``kept`` are packages that are never upgraded; ``since`` is when the role was first here, in seconds.

    ``turn`` says how many of its peers go before this host where all are free to go at once.
    """

    window: Window
    reboot: bool
    peers: tuple[Peer, ...]
    kept: tuple[str, ...]
    since: float
    turn: int = 0


def load(path: Path = PATH) -> Settings | None:
    """Read the settings; None where the role is not. BongsuError where the file is not as the role writes it."""
    try:
        text = path.read_text(encoding="utf-8")
        return read(text, path.stat().st_mtime)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BongsuError(f"{path} is not as its role writes it ({error!r}); provision the host again") from error


def read(text: str, since: float) -> Settings:
    """Read the settings from their JSON."""
    document: dict[str, Any] = json.loads(text)
    window = document["window"]
    return Settings(
        window=Window.read(window["start"], window["minutes"], window["days"]),
        reboot=bool(document["reboot"]),
        peers=tuple(Peer(one["name"], one["address"], tuple(one["probes"])) for one in document["peers"]),
        kept=tuple(document["kept"]),
        since=since,
        turn=int(document.get("turn", 0)),
    )
