"""How `bongsu test` runs and counts its checks."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bongsu.commands import test as command
from bongsu.errors import BadInput
from bongsu.testing import checks, on_labs, record, stages
from bongsu.testing.checks import Check

ROOT = Path(__file__).resolve().parents[3]


def python(code, tmp_path, **options):
    return Check("it", (sys.executable, "-c", code), tmp_path, **options)


def test_a_command_counts_as_one_and_its_output_is_kept(tmp_path):
    good, bad = map(checks.run, (python("print('fine')", tmp_path), python("raise SystemExit('no')", tmp_path)))
    assert (good.passed, good.failed, good.output) == (1, 0, "fine\n")
    assert (bad.passed, bad.failed, bad.output) == (0, 1, "no\n")


def test_a_command_that_is_not_there_fails(tmp_path):
    outcome = checks.run(Check("it", ("no-such-command",), tmp_path))
    assert (outcome.failed, outcome.output) == (1, "no-such-command: not found")


def test_pytest_is_counted_by_its_tests(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\n@pytest.mark.skip\ndef test_c(): pass\n"
    )
    argv = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    outcome = checks.run(Check("it", argv, tmp_path, counted=True))
    assert (outcome.passed, outcome.failed) == (1, 1)


def test_shell_scripts_are_found_by_name_and_by_first_line(tmp_path):
    (tmp_path / "bongsu").write_text("#!/bin/sh\n")
    (tmp_path / "README").write_text("text\n")
    (tmp_path / "src/deep").mkdir(parents=True)
    (tmp_path / "src/deep/x.sh").write_text("echo\n")
    assert stages.shell_scripts(tmp_path) == ["bongsu", "src/deep/x.sh"]


def test_an_unknown_role_is_told(tmp_path):
    with pytest.raises(BadInput, match="roles/nope"):
        on_labs.molecule(tmp_path, tmp_path, "nope")


def names(*only, role=None, quick=False):
    return [stage.name for stage in stages.chosen(only, role=role, quick=quick)]


def test_virtual_machines_are_started_only_when_named():
    every = [stage.name for stage in stages.STAGES]
    assert names() == [name for name in every if name != "machines"]
    assert "machines" not in names(quick=True)
    assert names("machines") == ["machines"]
    assert names("machines", role="time_sync") == ["machines"]
    assert names(role="time_sync") == ["molecule"]


def test_every_stage_can_be_named():
    assert list(command._NAMES) == [stage.name for stage in stages.STAGES]


def test_a_roles_virtual_machine_is_one_file(tmp_path):
    (tmp_path / "tests/machines").mkdir(parents=True)
    for name in ("test_baseline.py", "test_time_sync.py", "machine_side.py"):
        (tmp_path / "tests/machines" / name).touch()
    every = [check.name for check in stages.machines(tmp_path, tmp_path, None)]
    assert every == ["tests/machines/test_baseline.py", "tests/machines/test_time_sync.py"]
    (one,) = stages.machines(tmp_path, tmp_path, "time_sync")
    assert one.argv[-1] == "tests/machines/test_time_sync.py"
    with pytest.raises(BadInput, match=r"no tests/machines/test_nope\.py"):
        stages.machines(tmp_path, tmp_path, "nope")


def test_each_file_of_the_lab_is_in_a_check_and_no_two_checks_on_one_lab_run_at_once():
    found = {check.name: check for check in on_labs.labs(ROOT, ROOT, None)}
    files = [Path(word).name for check in found.values() for word in check.argv if word.startswith("tests/lab/")]
    assert sorted(files) == sorted(path.name for path in (ROOT / "tests/lab").glob("test_*.py"))
    for lab in (path.name for path in (ROOT / "tests/lab/inventories").iterdir()):
        asks = re.compile(rf"^def \w+\(.*\b{lab}\b", re.MULTILINE)  # for the fixture of that name
        using = [
            check
            for check in found.values()
            if any(asks.search((ROOT / word).read_text()) for word in check.argv if word.startswith("tests/lab/"))
        ]
        assert using, lab
        assert len(using) == 1 or {check.needs for check in using} == {frozenset({lab})}, lab
    assert found["tests/lab/test_kills.py"].needs & found["tests/lab/test_lock_outs.py"].needs
    assert found["tests/lab/test_lock_outs.py"].alone
    assert not any(check.alone for name, check in found.items() if name != "tests/lab/test_lock_outs.py")
    assert [check.name for check in found.values() if check.in_lane] == ["tests/lab/test_lab_hosts.py"]


def test_what_is_said_of_a_file_or_a_role_is_said_of_one_that_there_is():
    for name in on_labs.MINUTES:
        assert (ROOT / name).exists(), name
    for name in [*on_labs.NEEDS, *on_labs.ALONE, *(name for group in on_labs.TOGETHER for name in group)]:
        assert (ROOT / "tests/lab" / name).exists(), name


def test_a_recorded_line_counts_every_file():
    outcomes = [
        checks.Outcome(Check(f"tests/machines/test_{name}.py", (), ROOT), passed, failed, 60.4, "")
        for name, passed, failed in (("baseline", 10, 0), ("power_cuts", 7, 1))
    ]
    line = record.line(outcomes, {"commit": "abc"}, datetime(2026, 11, 25, tzinfo=UTC))
    assert (line["at"], line["passed"], line["failed"], line["seconds"]) == ("2026-11-25T00:00:00+00:00", 17, 1, 121)
    assert line["files"]["test_power_cuts.py"] == {"passed": 7, "failed": 1, "seconds": 60}
    assert (line["releases"], line["machine"]) == (["12", "13"], {"commit": "abc"})


@pytest.mark.parametrize(("chosen", "role"), [(["lint"], None), (["machines"], "time_sync")])
def test_a_part_is_not_recorded_as_the_whole(chosen, role):
    with pytest.raises(BadInput, match="--only machines --record"):
        record.refuse_part(chosen, role)
