"""Every module's documentation can be read, has examples that parse, and names what the module takes."""

from pathlib import Path

import pytest
import yaml
from ansible.parsing.plugin_docs import read_docstring

from bongsu.hostside import component_spec

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "library").glob("*.py"))


def documentation(name):
    return read_docstring(str(ROOT / f"library/{name}.py"), verbose=False, ignore_errors=False)


@pytest.mark.parametrize("name", MODULES)
def test_documentation_parses(name):
    found = documentation(name)
    assert found["doc"]["module"] == name
    assert found["doc"]["short_description"]
    assert all(option.get("description") for option in found["doc"]["options"].values())
    assert yaml.safe_load(found["plainexamples"])
    assert found["returndocs"]


def test_components_documentation_says_what_its_argument_spec_does():
    options = documentation("component")["doc"]["options"]
    action_only = {"owner", "run", "confirm", "take_back", "place_on", "tell_others"}
    assert set(options) - action_only == set(component_spec.ARGUMENT_SPEC)
    assert differences(options, component_spec.ARGUMENT_SPEC, "") == []


def differences(documented, specified, place):
    found = []
    for name, spec in specified.items():
        doc, here = documented[name], f"{place}{name}"
        found += [
            f"{here}.{key}: {doc.get(key)!r} is documented, {spec.get(key)!r} is so"
            for key in ("type", "elements", "choices", "default", "required")
            if doc.get(key) != spec.get(key)
        ]
        if "options" in spec:
            inner = {key: value for key, value in doc["suboptions"].items() if key != "src"}  # the action renders src
            if set(inner) != set(spec["options"]):
                found.append(f"{here}: {sorted(inner)} are documented, {sorted(spec['options'])} are so")
            else:
                found += differences(inner, spec["options"], f"{here}.")
    return found
