"""The table of controls is whole: each says what, why and what it may break, and its settings are the role's own."""

import re
from pathlib import Path

import pytest
import yaml

from bongsu import controls

ROOT = Path(__file__).parents[2]
TABLES = controls.tables(ROOT)
EACH = [pytest.param(one, id=one["id"]) for table in TABLES.values() for one in table]


def test_identifiers_are_of_one_role_and_of_one_control():
    names = [one["id"] for table in TABLES.values() for one in table]
    assert sorted(names) == sorted(set(names))
    subjects = [{one["id"].partition(".")[0] for one in table} for table in TABLES.values()]
    assert all(len(each) == 1 for each in subjects)
    assert sum(map(len, subjects)) == len(set.union(*subjects))


@pytest.mark.parametrize("control", EACH)
def test_a_control_says_all_of_it(control):
    assert tuple(control) == controls.FIELDS
    assert re.fullmatch(r"[a-z]+\.[a-z][a-z0-9-]*", control["id"])
    assert control["profile"] in controls.PROFILES
    assert all(control[field].rstrip().endswith(".") for field in ("what", "why", "breaks"))
    assert set(control["cis"]) == {"debian12", "debian13"}
    assert all(re.fullmatch(r"\d+(\.\d+)+", section) for listed in control["cis"].values() for section in listed)
    assert control["sets"]


@pytest.mark.parametrize("role", TABLES)
def test_what_a_table_leaves_to_its_role_the_role_gives(role):
    """No template: whoever reads a table renders nothing."""
    text = (ROOT / "roles" / role / "controls.yml").read_text()
    assert "{{" not in text
    variables = yaml.safe_load((ROOT / "roles" / role / "vars/main.yml").read_text())
    values = [
        value
        for control in TABLES[role]
        for settings in control["sets"].values()
        for value in controls.flat(settings).values()
    ]
    left = {name for value in values if (name := controls.given(value))}
    assert left == set(variables.get(f"__{role}_given", {}))


def test_the_page_is_made_from_the_tables():
    """`python -m bongsu.controls > docs/controls.md` makes it."""
    assert (ROOT / "docs/controls.md").read_text() == controls.page(ROOT)
