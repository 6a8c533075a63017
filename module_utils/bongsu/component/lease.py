"""One controller's run at a time: a lease on the host, taken when something is to be changed, and renewed by that.

Its age is told by the clock that only goes on since the kernel was started: that of the day may be put right meanwhile.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import host
from ..errors import BongsuError
from .store import Store

BOOT = Path("/proc/sys/kernel/random/boot_id")
SECONDS = 300.0  # a run that has changed nothing here for so long has died, or no longer cares


def take(store: Store, run: dict[str, Any] | None) -> None:
    """Take or renew the lease for ``run``: {id, controller, replaces}; without a run there is nothing to compare.

    Raises BongsuError while another run holds it, unless that one is named in ``replaces`` (its controller, which this
    one runs on, knows it to be dead). The error's details have ``held_by``, that run's id.
    """
    if run is None:
        return
    now = host.clock()
    holder = held(store)
    age = now - holder["renewed_at"] if holder else SECONDS
    if holder and holder["id"] not in (run["id"], run.get("replaces")) and age < SECONDS:
        raise BongsuError(
            f"another run is changing this host: {holder['controller']}, {age:.0f} s ago. Wait for it to end; if it is "
            f"dead, this host is free {SECONDS - age:.0f} s from now",
            held_by=holder["id"],
        )
    lease = {"id": run["id"], "controller": run["controller"], "boot": _boot(), "renewed_at": now}
    host.replace(str(store.directory / "lease.json"), json.dumps(lease).encode(), mode=0o644)


def release(store: Store, run_id: str) -> None:
    """Give the lease back, if this run has it."""
    holder = held(store)
    if holder and holder["id"] == run_id:
        (store.directory / "lease.json").unlink(missing_ok=True)


def held(store: Store) -> dict[str, Any] | None:
    """Read who holds the lease; a file that is no lease counts as none, and so does one of before the last boot."""
    try:
        lease = json.loads((store.directory / "lease.json").read_text())
        if lease["boot"] != _boot():
            return None
        return {
            "id": str(lease["id"]),
            "controller": str(lease["controller"]),
            "renewed_at": float(lease["renewed_at"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _boot() -> str:
    return BOOT.read_text().strip()
