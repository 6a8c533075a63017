"""The launcher, with a Python that only pretends: no network, no virtual environment is made for real."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Stands for python3: answers the version questions, makes a "venv" of itself, and logs what it is asked to do.
PYTHON = r"""#!/bin/sh
echo "$*" >>"$LOG"
case "$1 $2" in
"-m venv") mkdir -p "$4/bin" "$4/lib/${0##*/}"; cp "$0" "$4/bin/python3.11"; ln -s python3.11 "$4/bin/python"
           mkdir -p "$4/lib/python3.11" ;;
"-m pip") [ ! -e "$LOG.broken" ] || exit 1 ;;
"-m bongsu") shift 2; echo "command: $*" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "a dir with spaces"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "runtime.txt").write_text("rich==1\n")
    shutil.copy(ROOT / "bongsu", root / "bongsu")
    python = tmp_path / "python3.11"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return root


def launch(checkout, *arguments, cwd="/"):
    log = checkout.parent / "log"
    log.unlink(missing_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "LOG": str(log), "BONGSU_PYTHON": str(checkout.parent / "python3.11")}
    command = [str(checkout / "bongsu"), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return done, log.read_text().splitlines() if log.exists() else []


def test_the_first_time_it_makes_the_environment_from_the_locked_hashes(checkout):
    done, asked = launch(checkout, "lab", "a b")
    assert done.stdout == "command: lab a b\n"
    assert any("--require-hashes" in line for line in asked)


def test_the_second_time_it_runs_the_command_and_nothing_else(checkout):
    launch(checkout)
    done, asked = launch(checkout, "demo")
    assert (done.stdout, asked) == ("command: demo\n", ["-m bongsu demo"])


def test_a_changed_lock_makes_it_anew(checkout):
    launch(checkout)
    (checkout / "requirements" / "runtime.txt").write_text("rich==2\n")
    assert any("-m venv" in line for line in launch(checkout)[1])


def test_half_an_environment_is_made_anew(checkout):
    (checkout.parent / "log.broken").touch()
    assert launch(checkout)[0].returncode != 0
    (checkout.parent / "log.broken").unlink()
    done, asked = launch(checkout, "x")
    assert done.stdout == "command: x\n"
    assert any("-m venv" in line for line in asked)


def test_a_moved_checkout_makes_it_anew(checkout):
    launch(checkout)
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert any("-m venv" in line for line in launch(moved)[1])


def test_through_a_link_from_anywhere(checkout, tmp_path):
    launch(checkout)
    link = tmp_path / "link"
    link.symlink_to(checkout / "bongsu")
    command = subprocess.run(
        [str(link), "y"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "LOG": "/dev/null"},
        capture_output=True,
        text=True,
    )
    assert command.stdout == "command: y\n"


def test_two_at_once_make_it_once(checkout):
    log = checkout.parent / "log"
    environment = {"PATH": "/usr/bin:/bin", "LOG": str(log), "BONGSU_PYTHON": str(checkout.parent / "python3.11")}
    both = [subprocess.Popen([str(checkout / "bongsu")], env=environment, stdout=subprocess.DEVNULL) for _ in "ab"]
    assert [one.wait(timeout=20) for one in both] == [0, 0]
    assert sum("-m venv" in line for line in log.read_text().splitlines()) == 1
