"""The stages of `bongsu test`: what each runs, from the checkout alone."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu import lab
from bongsu import machines as virtual
from bongsu.errors import BadInput
from bongsu.testing import on_labs
from bongsu.testing.checks import Check
from bongsu.testing.tools import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SHELL = ("#!/bin/sh", "#!/usr/bin/sh", "#!/usr/bin/env sh")
_SCRIPTS_IN = ("", ".ci", "src", "roles", "tests", "library", "module_utils")
_YAML_IN = ("playbooks", "roles", "inventory", "rules", "tests", "docs")


@dataclass(frozen=True)
class Stage:
    """A named part of the tests; `quick` ones start no container, `asked` ones run only when named."""

    name: str
    about: str
    quick: bool
    checks: Callable[[Path, Path, str | None], list[Check]]  # (checkout, tools on PATH, role or None) -> checks
    install: Callable[[Callable[[str, str], None]], None] | None = None  # what this machine lacks; given who is told
    asked: bool = False


def lint(root: Path, tools: Path, _role: str | None) -> list[Check]:
    """Return every judge that only reads."""
    env = environment(tools)
    yaml = [name for name in _YAML_IN if (root / name).is_dir()]
    judges: dict[str, tuple[str, ...]] = {
        "ansible-lint": ("ansible-lint", "--offline", "-q"),  # the slowest first: they run side by side
        "mypy": ("mypy", "src", "module_utils"),
        "ruff check": ("ruff", "check", "."),
        "ruff format": ("ruff", "format", "--check", "."),
        "yamllint": ("yamllint", "--strict", *yaml, ".yamllint", ".ansible-lint"),
        "shellcheck": ("shellcheck", *shell_scripts(root)),
    }
    return [Check(name, argv, root, env) for name, argv in judges.items()]


def _pytest(directory: str) -> Callable[[Path, Path, str | None], list[Check]]:
    """Return the stage of one directory of tests: a check for each folder in it, and one for its own files."""

    def checks(root: Path, tools: Path, _role: str | None) -> list[Check]:
        base = root / directory
        folders = [path for path in sorted(base.glob("*")) if path.is_dir() and any(path.rglob("test_*.py"))]
        parts = {str(path.relative_to(root)): [str(path.relative_to(root))] for path in folders}
        if any(base.glob("test_*.py")):
            own = sorted(str(path.relative_to(root)) for path in base.glob("test_*.py"))
            parts[directory] = own
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        env = environment(tools)
        return [
            Check(name, (*command, *files), root, env, counted=True, minutes=on_labs.MINUTES.get(name, 0.0))
            for name, files in parts.items()
        ]

    return checks


def promtool(root: Path, tools: Path, _role: str | None) -> list[Check]:
    """Return the checks of the alert rules by Prometheus's own tool."""
    rules = sorted(str(path.relative_to(root)) for path in (root / "rules").glob("*.yml"))
    tests = sorted(path.name for path in (root / "rules/tests").glob("*.yml"))
    env = environment(tools)
    check = Check("promtool check rules", ("promtool", "check", "rules", *rules), root, env)
    units = [
        Check(f"promtool test {name}", ("promtool", "test", "rules", name), root / "rules/tests", env) for name in tests
    ]
    return [check, *units] if rules else []


def machines(root: Path, tools: Path, role: str | None) -> list[Check]:
    """Return a check for each file of tests on virtual machines, or the one of the role asked for."""
    names = sorted(str(path.relative_to(root)) for path in (root / "tests/machines").glob("test_*.py"))
    if role is not None:
        names = [name for name in names if name == f"tests/machines/test_{role}.py"]
        if not names:
            raise BadInput(f"there is no tests/machines/test_{role}.py")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    env = environment(tools)
    alone = "emulated machines take every core, and how long they take is recorded"
    return [Check(name, (*command, name), root, env, counted=True, alone=alone) for name in names]


STAGES = (
    Stage("lint", "ruff, mypy, ansible-lint, yamllint, shellcheck", True, lint),
    Stage("unit", "pure code", True, _pytest("tests/unit")),
    Stage("templates", "templates, through Ansible's own templar", True, _pytest("tests/templates")),
    Stage("contract", "promises between files", True, _pytest("tests/contract")),
    Stage("promtool", "alert rules and their tests", True, promtool),
    Stage("runs", "whole runs of ansible-playbook, on directories for hosts", False, _pytest("tests/runs")),
    Stage("molecule", "every role on Debian 12 and 13", False, on_labs.molecule, lab.install_missing),
    Stage("lab", "the whole, on the lab", False, on_labs.labs, lab.install_missing),
    Stage("machines", "what no container shows, on virtual machines", False, machines, virtual.install_missing, True),
)


def chosen(only: Sequence[str] | None, *, role: str | None, quick: bool) -> list[Stage]:
    """Return the stages that the options of `bongsu test` ask for."""
    if only or role:
        return [stage for stage in STAGES if stage.name in (only or ["molecule"])]
    return [stage for stage in STAGES if stage.quick or not (quick or stage.asked)]


def shell_scripts(root: Path) -> list[str]:
    """Return the project's shell scripts: those named .sh, and those that say so in their first line."""
    found: set[Path] = set()
    for directory in _SCRIPTS_IN:
        base = root / directory
        candidates = base.iterdir() if directory in ("", ".ci") else base.rglob("*")
        for path in candidates if base.is_dir() else ():
            if path.is_file() and (path.suffix == ".sh" or (path.suffix == "" and _is_shell(path))):
                found.add(path)
    return sorted(str(path.relative_to(root)) for path in found)


def _is_shell(path: Path) -> bool:
    """Say whether a file's first line names the shell."""
    with path.open("rb") as file:
        return file.readline(80).decode(errors="replace").strip() in _SHELL
