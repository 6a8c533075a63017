"""Each case in cases/*.yml spoils the good inventory in one way; the check must name file, key and cure.

change/append/write/remove edit its files, cut drops top-level variables, encrypt lists what the vault covers
(default: secrets.yml), password is what is typed, authority the certificate's kind (or certificate's and key's).
Expected: file, key (a list when one slip shows at several keys), says: parts of one message, at: what stands on the
line that is named.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from made_inventory import PASSWORD, base_files, certificates, write

from bongsu.inventory import Problem, check

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted((Path(__file__).parent / "cases").glob("*.yml"))
    for case in yaml.safe_load(file.read_text())
]


def spoiled(case: dict[str, Any]) -> dict[str, str]:
    files = base_files()
    kinds = case.get("authority", "good")
    of_certificate, of_key = (kinds, kinds) if isinstance(kinds, str) else kinds
    files["group_vars/all/ca.yml"] = certificates(of_certificate)["group_vars/all/ca.yml"]
    files["group_vars/all/secrets.yml"] = certificates(of_key)["group_vars/all/secrets.yml"]
    for name, replacements in case.get("change", {}).items():
        for old, new in replacements:
            assert old in files[name], f"the base has no {old!r} in {name} (any more)"
            files[name] = files[name].replace(old, new)
    for name, variables in case.get("cut", {}).items():
        for variable in variables:
            files[name] = re.sub(rf"^{variable}:.*\n(?:[ -].*\n)*", "", files[name], flags=re.MULTILINE)
    for name, text in case.get("append", {}).items():
        files[name] += text
    for name in case.get("remove", []):
        del files[name]
    return files | case.get("write", {})


@pytest.mark.parametrize("case", CASES)
def test_a_bad_inventory_is_told(case: dict[str, Any], inventory: Path, password: Path) -> None:
    files = spoiled(case)
    write(inventory, files, tuple(case.get("encrypt", ["group_vars/all/secrets.yml"])))
    typed = case.get("password", PASSWORD)
    password.write_text(f"{typed}\n")
    problems = check([inventory], password if typed is not None else None)
    keys = case["key"] if isinstance(case["key"], list) else [case["key"]]
    assert sorted(problem.key for problem in problems) == sorted(keys), told(problems)
    first = next(problem for problem in problems if all(part in problem.message for part in map(str, case["says"])))
    assert first.file == f"inventory/{case['file']}"
    assert first.key in keys
    if "at" in case:
        assert case["at"] in files[case["file"]].splitlines()[(first.line or 0) - 1]
    assert "hunter2" not in told(problems)
    assert "t0p" not in told(problems)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 45


def told(problems: list[Problem]) -> str:
    return "\n".join(map(str, problems))
