"""How `bongsu test` runs and counts its checks."""

import sys

import pytest

from bongsu.errors import BadInput
from bongsu.testing import checks, stages
from bongsu.testing.checks import Check


def python(code, tmp_path, **options):
    return Check("it", (sys.executable, "-c", code), tmp_path, **options)


def test_a_command_counts_as_one_and_its_output_is_kept(tmp_path):
    good, bad = checks.run_all([python("print('fine')", tmp_path), python("raise SystemExit('no')", tmp_path)])
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
        stages.molecule(tmp_path, tmp_path, "nope")
