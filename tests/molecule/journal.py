"""pytest plugin of the roles' tests: a failed test on a host comes with what that host's journal said last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# The facilities of sshd and PAM are left out: the tests themselves fill them.
JOURNAL = "systemctl --failed --no-pager --plain; journalctl --no-pager --lines=60 --facility=daemon,user,kern"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    report = yield
    host = getattr(item, "funcargs", {}).get("host")
    if call.when == "call" and report.failed and host is not None:
        report.sections.append(("journal of the host", host.run(JOURNAL).stdout))
    return report
