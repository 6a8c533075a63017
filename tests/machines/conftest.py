"""A virtual machine of each Debian release, one at a time: fresh for each file of tests, and gone after it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from bongsu.lab.spec import RELEASES
from bongsu.machines import VirtualMachine

UP: list[VirtualMachine] = []
JOURNAL = "systemctl --failed --no-pager --plain; journalctl --boot --no-pager --lines=60 --priority=notice"


@pytest.fixture(scope="module", params=sorted(RELEASES), ids=lambda release: f"debian{release}")
def vm(request: pytest.FixtureRequest) -> Iterator[VirtualMachine]:
    with VirtualMachine(request.param) as machine:
        UP.append(machine)
        try:
            yield machine
        finally:
            UP.remove(machine)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Add the machine's journal and console to a test that failed."""
    report = yield
    for machine in UP if report.failed else ():
        try:
            said = machine.run(JOURNAL, timeout=60).stdout
        except Exception as error:  # whatever it is, the test's own failure must be told
            said = f"no journal: {error}"
        report.sections.append((f"journal of {machine.name}", said))
        report.sections.append((f"console of {machine.name}: {machine.console}", machine.last_words()))
    return report
