"""A run says who it is, and tells of another whether that is known to have ended."""

import os
import subprocess
import sys

import pytest

from bongsu import thisrun

WHO = "from bongsu import thisrun; print(thisrun.identity()['id'])"


def test_two_workers_of_one_run_are_the_same_and_another_run_is_not():
    workers = [subprocess.run([sys.executable, "-c", WHO], capture_output=True, text=True, check=True) for _ in "ab"]
    first, second = (worker.stdout.strip() for worker in workers)
    assert first == second
    assert first != thisrun.identity()["id"]  # whose worker this process is


def test_it_names_a_person_a_machine_and_a_process():
    assert f"(process {os.getppid()})" in thisrun.identity()["controller"]


def test_a_user_without_a_name_has_a_number(monkeypatch):
    monkeypatch.setattr(thisrun.getpass, "getuser", lambda: {}["no such user"])
    assert thisrun.identity()["controller"].startswith(f"user {os.getuid()} on ")


def test_a_living_run_is_not_dead():
    assert not thisrun.is_dead(thisrun.identity()["id"])


def test_a_run_that_has_ended_is_dead_even_when_its_number_is_in_use_again():
    machine, process, started_at = thisrun.identity()["id"].split(":")
    assert thisrun.is_dead(f"{machine}:{process}:{int(started_at) - 1}")
    child = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    assert thisrun.is_dead(f"{machine}:{child}:{started_at}")


@pytest.mark.parametrize("other", ["another-boot.4026531836", "", "machine"])
def test_of_a_run_elsewhere_nothing_is_known(other):
    """Its process has a number that means nothing here, or that of a process of ours."""
    assert not thisrun.is_dead(f"{other}:{os.getpid()}:1")
    assert not thisrun.is_dead(f"{other}:999999999:1")


@pytest.mark.parametrize("text", ["", ":", "::", "nonsense", "a:b:c"])
def test_what_is_no_run_is_not_dead(text):
    assert not thisrun.is_dead(text)
