"""The sink's container, and what it has received."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bongsu.errors import BongsuError
from bongsu.lab import container, images
from bongsu.lab.podman import LABEL

if TYPE_CHECKING:
    from bongsu.lab.container import Context
    from bongsu.lab.spec import LabSpec

NAME = "sink"
PORT = 8080
SERVER = Path(__file__).with_name("sink_server.py")


def url(spec: LabSpec, receiver: str) -> str:
    """Return the address to which a receiver's notifications go."""
    return f"http://{spec.sink_address}:{PORT}/{receiver}"


def ensure(context: Context, spec: LabSpec) -> None:
    """Make the sink exist and run, and wait until it answers."""
    podman, name = context.podman, context.container(NAME)
    arguments = [
        f"--network={context.lab}",
        f"--ip={spec.sink_address}",
        f"--hostname={NAME}",
        f"--volume={SERVER}:/sink_server.py:ro",
        f"--volume={context.state.sink}:/sink",
        "--stop-signal=SIGKILL",
        images.image_name(spec.releases[-1]),
        *("python3", "/sink_server.py", str(PORT), "/sink/token", "/sink/sink.jsonl"),
    ]
    token = context.state.sink_token.read_text(encoding="utf-8")
    wanted = container.fingerprint(arguments, token, SERVER.read_text(encoding="utf-8"))
    found = podman.containers(context.lab).get(name)
    if found and found["Labels"].get(container.SPEC_LABEL) != wanted:
        container.remove(podman, name)
        found = None
    if not found:
        labels = [f"--label={LABEL}={context.lab}", f"--label={container.SPEC_LABEL}={wanted}"]
        podman.run("create", f"--name={name}", *labels, *arguments)
    if not found or found["State"] != "running":
        podman.run("start", name)
    _wait(url(spec, "healthz"))
    context.progress(NAME, f"listening on {url(spec, '')}")


def received(file: Path) -> list[dict[str, Any]]:
    """Return what the sink has written so far, oldest first."""
    if not file.exists():
        return []
    # A line still being written has no end yet.
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _wait(address: str, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            opener.open(address, timeout=1).close()
        except (urllib.error.URLError, OSError) as error:
            problem = error
            time.sleep(0.1)
        else:
            return
    raise BongsuError(f"the sink does not answer at {address}: {problem}")
