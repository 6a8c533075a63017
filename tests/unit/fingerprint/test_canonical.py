"""Different values have different digests, and equal ones the same, whatever Ansible wraps them in."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from ansible.module_utils.datatag import native_type_name
from ansible.template import trust_as_template

from bongsu.fingerprint.canonical import Template, digest

DIFFERENT: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    "1",
    "",
    "None",
    "True",
    "{{ a }}",
    Template("{{ a }}"),
    Template("{{ b }}"),
    dt.date(2026, 1, 1),
    dt.datetime(2026, 1, 1),
    "2026-01-01",
    [],
    {},
    [[]],
    ["a", "b"],
    ["b", "a"],
    ["ab"],
    ["a", ["b"]],
    {"a": "b"},
    {"a": ["b"]},
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
    {"a": {"b": 2}},
    {"a": "1s1:b"},
    [{"a": 1}, {"b": 2}],
    [{"a": 1, "b": 2}],
]


def test_no_two_values_have_one_digest():
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert digest(one) != digest(other), f"{one!r} and {other!r}"


@pytest.mark.parametrize("value", DIFFERENT, ids=repr)
def test_a_value_always_has_the_same_digest(value):
    assert digest(value) == digest(value)


def test_what_ansible_wraps_a_text_in_makes_no_difference():
    wrapped = trust_as_template("plain")
    assert type(wrapped) is not str
    assert native_type_name(wrapped) == "str"
    assert digest(wrapped) == digest("plain")


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match="a object has no digest"):
        digest({"a": [object()]})
