"""pytest plugin of the roles' tests: what they all need, and the journals of both hosts with a test that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import testinfra
from lab_side import ADDRESSES, INVENTORY, authority, client_pair

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

# The facilities of sshd and PAM are left out: the tests themselves fill them.
JOURNAL = "systemctl --failed --no-pager --plain; journalctl --no-pager --lines=60 --facility=daemon,user,kern"


@pytest.fixture
def name(host: Any) -> str:
    """Return the name of the host that the test is about."""
    return str(host.backend.get_hostname())


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    """Return the certificate and key of a client that may do what monitors do."""
    return client_pair(tmp_path, authority(), client_auth=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Add the journals: of both hosts, because a test on one may fail for what the other did."""
    report = yield
    if call.when == "call" and report.failed:
        for name in ADDRESSES:
            host = testinfra.get_host(f"ansible://{name}", ansible_inventory=str(INVENTORY))
            report.sections.append((f"journal of {name}", host.run(JOURNAL).stdout))
    return report
