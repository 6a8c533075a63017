"""The one place that runs podman: with the lab's own settings, and podman's own words in errors."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from bongsu.errors import BongsuError
from bongsu.lab import engine, machine

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "bongsu.lab"


class Podman:
    """podman under a CONTAINERS_CONF of the lab's own."""

    def __init__(self, conf: Path) -> None:
        """Take the path of the settings file; `configure` writes it."""
        self.conf = conf

    def configure(self) -> None:
        """Write the settings that work on this machine."""
        self.conf.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.conf.write_text(engine.containers_conf(engine.Machine.here()), encoding="utf-8")

    def run(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run podman; with `check`, a failure is a BongsuError that carries what podman said."""
        try:
            done = subprocess.run(
                ["podman", *arguments],
                input=stdin,
                stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env=machine.environment(CONTAINERS_CONF=str(self.conf)),
            )
        except FileNotFoundError:
            raise BongsuError("podman is missing: apt-get install podman") from None
        result = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")
        )
        if check and result.returncode != 0:
            raise BongsuError(f"podman {' '.join(arguments[:3])} … failed: {result.stderr.strip()}")
        return result

    def json(self, *arguments: str) -> Any:
        """Run podman with `--format json` and return what it printed."""
        return json.loads(self.run(*arguments, "--format", "json").stdout or "[]")

    def containers(self, lab: str) -> dict[str, dict[str, Any]]:
        """Return the lab's containers by name: their state and labels."""
        listed = self.json("ps", "--all", "--filter", f"label={LABEL}={lab}")
        return {entry["Names"][0]: entry for entry in listed}

    def running_elsewhere(self, lab: str) -> int:
        """Count the containers that run for other labs than this one."""
        listed = self.json("ps", "--filter", f"label={LABEL}")
        return sum(entry["Labels"][LABEL] != lab for entry in listed)

    def network(self, name: str) -> dict[str, Any] | None:
        """Return a network's description, or None when there is no such network."""
        done = self.run("network", "inspect", name, check=False)
        if done.returncode != 0:
            return None
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found[0]
