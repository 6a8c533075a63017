"""The hostile changes are what the engine takes, and how long a door was shut is counted rightly."""

import math

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from bongsu.bench import _hostile, _knocking, lock_outs
from bongsu.hostside import component_spec

CHANGES = _hostile.changes("10.89.93.21", "10.89.93.0/24")


def test_there_are_thirty_or_more_each_by_its_own_name():
    assert len({change.name for change in CHANGES}) == len(CHANGES) >= 30
    assert {change.name.partition(":")[0] for change in CHANGES} == {"sshd", "filter", "PAM", "login", "network"}


@pytest.mark.parametrize("change", [*CHANGES, _hostile.Hostile("none", _hostile.harmless())], ids=lambda one: one.name)
def test_the_engine_takes_it(change):
    checked = ArgumentSpecValidator(component_spec.ARGUMENT_SPEC).validate(change.component)
    assert not checked.error_messages
    component = component_spec.parse(checked.validated_parameters)
    assert component.confirm_within == _hostile.WITHIN
    assert {unit.name for unit in component.units} <= set(lock_outs.LOOK.units)


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [
        ([(0.0, True), (1.0, True)], 0.0),
        ([(0.0, True), (1.0, False), (2.5, False), (9.0, True), (10.0, True)], 8.0),
        ([(0.0, True), (1.0, False), (2.0, True), (3.0, False), (5.0, True), (6.0, False), (7.0, True)], 2.0),
        ([(0.0, True), (3.0, True), (1.0, False)], 2.0),  # the one that was begun first hung, and ended last
        ([(0.0, True), (1.0, False), (2.0, True), (3.0, False)], math.inf),
    ],
)
def test_how_long_the_door_was_shut(tries, seconds):
    assert _knocking.Door(None, [_knocking.Try(*one) for one in tries]).shut_for() == seconds
