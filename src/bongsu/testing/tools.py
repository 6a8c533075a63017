"""What the tests need beyond Python: Debian's promtool and amtool, unpacked only; shellcheck; systemd-tmpfiles."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bongsu import paths
from bongsu.errors import BadInput, BongsuError

# The command, and the packages that may bring it: promtool has one of its own from Debian 13 on.
_UNPACKED = {"promtool": ("promtool", "prometheus"), "amtool": ("prometheus-alertmanager",)}
_INSTALLED = {"shellcheck": "shellcheck", "systemd-tmpfiles": "systemd"}


def ensure() -> Path:
    """Return a directory with promtool and amtool, fetched if they are not on PATH; no daemon is installed."""
    binaries = paths.cache_dir() / "tools" / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    for command, packages in _UNPACKED.items():
        if shutil.which(command) is None and not (binaries / command).is_file():
            _unpack(command, packages, binaries)
    missing = [package for command, package in _INSTALLED.items() if shutil.which(command) is None]
    if missing:
        install(missing)
    return binaries


def environment(tools: Path) -> dict[str, str]:
    """Return what checks need on PATH: this venv's commands first, then the tools fetched for the tests."""
    scripts = Path(sys.executable).parent
    return {"PATH": os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath), str(tools)])}


def install(packages: list[str]) -> None:
    """Install Debian packages as root; as anybody else, say what to type."""
    line = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BadInput(f"the tests need {' '.join(packages)}; install with: sudo {line}")
    _apt("install", "--yes", "--no-install-recommends", *packages)


def ensure_dev_lock() -> None:
    """Bring this virtual environment to requirements/dev.txt, where it is not there already."""
    if not paths.is_checkout():
        raise BadInput("the tests are in the repository, not in the installed package: run ./bongsu test there")
    lock = (paths.project_root() / "requirements" / "dev.txt").read_text()
    stamp = Path(sys.prefix) / "bongsu-dev.stamp"
    if stamp.is_file() and stamp.read_text() == lock:
        return
    if sys.prefix == sys.base_prefix:
        raise BadInput("this Python is no virtual environment; run the tests with ./bongsu test")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--no-deps", "--require-hashes", "-r", str(paths.project_root() / "requirements" / "dev.txt")],
        check=False,
    )
    if done.returncode != 0:
        raise BongsuError("the development tools of requirements/dev.txt could not be installed")
    stamp.write_text(lock)


def _unpack(command: str, packages: tuple[str, ...], binaries: Path) -> None:
    """Fetch the first package that holds the command and keep the command alone."""
    said = ""
    for package in packages:
        with tempfile.TemporaryDirectory(prefix="tool-", dir=paths.cache_dir()) as directory:
            said = _download(package, Path(directory))
            for file in Path(directory).glob("*.deb"):
                subprocess.run(["dpkg-deb", "--extract", str(file), directory], check=True)
            unpacked = Path(directory) / "usr" / "bin" / command
            if unpacked.is_file():
                shutil.copy2(unpacked, binaries / f"{command}.new")
                (binaries / f"{command}.new").rename(binaries / command)
                return
    raise BadInput(f"{command} is in none of Debian's packages {', '.join(packages)}: {said}")


def _download(package: str, directory: Path) -> str:
    """Download a package; on a machine whose package lists are empty, fetch them first. Return apt's words."""
    command = ["apt-get", "download", "--quiet", package]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0 and os.geteuid() == 0 and not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        _apt("update")
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return done.stderr.strip()


def _apt(*arguments: str) -> None:
    """Run apt-get, with its own words when it fails."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0 and arguments[0] == "install":
        subprocess.run(["apt-get", "--quiet", "update"], capture_output=True, check=False, env=env)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        raise BongsuError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
