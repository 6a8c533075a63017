"""The results of the virtual machines' tests, which no everyday run repeats: a line a run, kept in the repository."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bongsu import paths
from bongsu.bench import _machine
from bongsu.errors import BadInput
from bongsu.lab.spec import RELEASES
from bongsu.machines import qemu

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bongsu.testing.checks import Outcome

STAGE = "machines"


def refuse_part(stages: Sequence[str], role: str | None) -> None:
    """Raise BadInput unless all of the stage will run: part of it would look like the whole."""
    if STAGE not in stages or role is not None:
        raise BadInput(f"--record keeps the result of all virtual machines: ./bongsu test --only {STAGE} --record")


def results(root: Path) -> Path:
    """Return the file of the results."""
    return root / "tests" / STAGE / "results.jsonl"


def line(outcomes: Sequence[Outcome], machine: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return a run as it is kept: seconds are those of the tests, images built on the way included."""
    return {
        "at": at.isoformat(timespec="seconds"),
        "releases": sorted(RELEASES),
        "passed": sum(outcome.passed for outcome in outcomes),
        "failed": sum(outcome.failed for outcome in outcomes),
        "seconds": round(sum(outcome.seconds for outcome in outcomes)),
        "files": {
            outcome.check.name.rpartition("/")[2]: {
                "passed": outcome.passed,
                "failed": outcome.failed,
                "seconds": round(outcome.seconds),
            }
            for outcome in outcomes
        },
        "machine": machine,
    }


def keep(outcomes: Sequence[Outcome]) -> None:
    """Append a run that has just ended to the results."""
    machine = _machine.describe()
    machine["load_after"] = machine.pop("load_before")
    machine["acceleration"] = qemu.acceleration()
    with results(paths.project_root()).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line(outcomes, machine, datetime.now(UTC))) + "\n")
