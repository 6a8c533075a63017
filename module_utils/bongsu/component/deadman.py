"""A dead man's switch: a transient systemd timer that undoes a run unless it is taken away in time."""

from __future__ import annotations

import time
from pathlib import Path

from .. import host
from ..errors import BongsuError

# Seconds after which the undoing wakes up and waits for the lock that a living run holds: the moment that run dies, it
# goes to work. Longer than most components take, so that mostly it never wakes up.
GRACE = 10.0
_PREFIX = "bongsu-undo-"


def arm(component: str, script: Path, seconds: float) -> None:
    """Have systemd run ``script`` in ``seconds``."""
    unit = f"{_PREFIX}{component}:{time.monotonic_ns()}"  # one armed earlier may already be waiting for the lock
    command = [
        "systemd-run",
        "--quiet",
        "--collect",
        f"--unit={unit}",
        f"--description=Undo what bongsu did to {component}, unless the run ends well",
        f"--on-active={seconds:g}s",
        "--timer-property=AccuracySec=100ms",
        "/bin/sh",  # no variable in what follows: systemd before 254 puts its own values in their place
        str(script),
    ]
    output = host.run(command)
    if output.status != 0:
        raise BongsuError(f"no way back could be prepared, so nothing was begun: '{' '.join(command)}': {output.text}")


def disarm(component: str) -> None:
    """Take the component's timers away. Undoing that has begun is not stopped: without a journal it does nothing."""
    host.run(["systemctl", "stop", f"{_PREFIX}{component}:*.timer"])
