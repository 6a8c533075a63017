"""Where things are: the project's own files, and the operator's (XDG directories)."""

from __future__ import annotations

import os
from pathlib import Path


def project_root() -> Path:
    """Return the directory with ansible.cfg, playbooks/ and roles/: the checkout, or the wheel's copy."""
    package = Path(__file__).resolve().parent
    packed = package / "project"
    return packed if packed.is_dir() else package.parents[1]


def is_checkout() -> bool:
    """Say whether the project runs from a checkout, with its tests and benchmarks."""
    return (project_root() / "pyproject.toml").is_file()


def state_dir() -> Path:
    """Return the directory of runs, results and labs (created, readable by the operator alone)."""
    return _private("XDG_STATE_HOME", ".local/state")


def evidence_dir(named: str | None = None) -> Path:
    """Return the directory of what hosts were found to be (created): the one named (`bongsu_evidence`), or the usual.

    Two inventories that give different hosts the same name each name their own.
    """
    path = Path(named).expanduser() if named else state_dir() / "evidence"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def cache_dir() -> Path:
    """Return the directory of what can be made again: images, downloaded tools (created)."""
    return _private("XDG_CACHE_HOME", ".cache")


def config_dir() -> Path:
    """Return the directory of the operator's own settings and vault password files (created)."""
    return _private("XDG_CONFIG_HOME", ".config")


def _private(variable: str, fallback: str) -> Path:
    """Return bongsu's directory below an XDG base; a relative base is ignored, as the XDG rules say."""
    base = Path(os.environ.get(variable, ""))
    path = (base if base.is_absolute() else Path.home() / fallback) / "bongsu"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
