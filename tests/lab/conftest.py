"""Labs of the tests' own, each with its own name and network: a lab that the operator has up is never touched."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from operator_side import Operator

from bongsu import paths
from bongsu.lab import Lab

INVENTORIES = paths.project_root() / "tests/lab/inventories"
UP: list[Lab] = []
JOURNAL = """systemctl --failed --no-pager --plain --no-legend; uptime
journalctl --no-pager --output=short-precise --lines=30 --priority=notice
journalctl --no-pager --output=short-precise --lines=15 --unit=prometheus --unit=prometheus-alertmanager"""


def _operator(name: str) -> Iterator[Operator]:
    lab = Lab.load(INVENTORIES / name)
    lab.down()
    lab.up()
    UP.append(lab)
    yield Operator(lab)
    UP.remove(lab)
    lab.down()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Add the journals of the lab's hosts to a test that failed."""
    report = yield
    for lab in UP if report.failed else ():
        for host in lab.spec.hosts:
            try:
                said = lab.run(host.name, JOURNAL).stdout
            except Exception as error:  # whatever it is, the test's own failure must be told
                said = f"no journal: {error}"
            report.sections.append((f"journal of {host.name}", said))
    return report


@pytest.fixture(scope="module")
def pair() -> Iterator[Operator]:
    yield from _operator("pair")


@pytest.fixture(scope="session")
def provisioned_pair() -> Iterator[Operator]:
    """The same, provisioned: for several files, each of which leaves it so."""
    for operator in _operator("pair"):
        operator.succeed("site.yml")
        yield operator


@pytest.fixture(scope="module")
def trio() -> Iterator[Operator]:
    yield from _operator("trio")


@pytest.fixture(scope="module")
def solo() -> Iterator[Operator]:
    yield from _operator("solo")


@pytest.fixture(scope="module")
def audited() -> Iterator[Operator]:
    yield from _operator("audited")


@pytest.fixture(scope="module")
def working() -> Iterator[Operator]:
    yield from _operator("working")


@pytest.fixture(scope="module")
def authority() -> Iterator[Operator]:
    yield from _operator("authority")


@pytest.fixture(scope="module")
def leaving() -> Iterator[Operator]:
    yield from _operator("leaving")


@pytest.fixture(scope="session")
def upgrades() -> Iterator[Operator]:
    yield from _operator("upgrades")


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any], float], Any]:
    """Wait until a condition gives something true, and return it; the test fails after ``patience`` seconds."""

    def wait(condition: Callable[[], Any], patience: float) -> Any:
        end = time.monotonic() + patience
        while not (found := condition()):
            assert time.monotonic() < end, f"not so within {patience:g} s"
            time.sleep(0.5)
        return found

    return wait
