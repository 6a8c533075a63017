from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def hostvars() -> dict[str, Mapping[str, object]]:
    shared = {"lab_name": "bongsu", "lab_subnet": "10.89.77.0/24"}
    return {
        "web": shared | {"ansible_host": "10.89.77.21", "lab_release": "13", "lab_units": ["nginx.service"]},
        "mon": shared | {"ansible_host": "10.89.77.11", "lab_release": "12"},
    }


@pytest.fixture
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path
