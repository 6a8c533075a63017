"""How long `./bongsu demo` takes on a machine that has nothing yet: no venv, no caches, no images."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu import paths
from bongsu.bench import Figure
from bongsu.errors import BadInput
from bongsu.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_COPIED = (".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ansible", ".cache")


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Copy the checkout, take the lab and its images away, and time the command from its first line to its last."""
    if not paths.is_checkout():
        raise BadInput("`demo` is measured from a checkout: git clone, then ./bongsu bench demo")
    say("taking the lab and its images down")
    Lab.load().down(purge=True)
    with tempfile.TemporaryDirectory(prefix="bongsu-demo-", dir=Path.home()) as directory:
        fresh = Path(directory)
        checkout = fresh / "checkout"
        shutil.copytree(paths.project_root(), checkout, ignore=shutil.ignore_patterns(*_NOT_COPIED), symlinks=True)
        env = os.environ | {
            "XDG_STATE_HOME": str(fresh / "state"),
            "XDG_CACHE_HOME": str(fresh / "cache"),
            "XDG_CONFIG_HOME": str(fresh / "config"),
            "PIP_NO_CACHE_DIR": "1",
        }
        env.pop("PYTHONPATH", None)
        say("./bongsu demo")
        began = time.monotonic()
        demo = [str(checkout / "bongsu"), "demo"]
        done = subprocess.run(demo, env=env, capture_output=True, text=True, check=False, cwd=fresh)
        seconds = time.monotonic() - began
        subprocess.run([*demo, "--down"], env=env, capture_output=True, check=False, cwd=fresh)
    tail = (done.stdout + done.stderr).strip().splitlines()[-40:]
    return Figure(seconds, seconds < bar and done.returncode == 0, {"exit_status": done.returncode, "last_lines": tail})
