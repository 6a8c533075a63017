"""An empty place for an inventory, its vault password, and no way out of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest
from made_inventory import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory `inventory` below the current one, without the caller's vault password."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    directory = tmp_path / "inventory"
    directory.mkdir()
    return directory


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "vault-password"
    file.write_text(f"{PASSWORD}\n")
    return file


@pytest.fixture(autouse=True)
def _no_connection() -> Iterator[None]:
    """Fail a test that opens a connection or starts a program."""
    forbidden = mock.Mock(side_effect=AssertionError("the check must not do this"))
    with mock.patch("socket.socket.connect", forbidden), mock.patch("subprocess.Popen", forbidden):
        yield
    assert not forbidden.called
