"""Lanes: scenarios of roles run side by side, each lane with a lab of its own.

A scenario learns its lane from the environment, since molecule, its verifier and Ansible each start afresh.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from bongsu.errors import BadInput

VARIABLE = "BONGSU_TEST_LANE"
_LANES = 10  # as many networks as are set aside
_NETWORK = 100  # lane 0's third octet


@dataclass(frozen=True)
class Lane:
    """The lab of one lane: its name, and the first three octets of its network (a /24)."""

    lab: str
    prefix: str


def lane(number: int) -> Lane:
    """Return a lane, counted from 0."""
    return Lane(f"bongsu-molecule-{number}", f"10.89.{_NETWORK + number}")


def available() -> tuple[int, ...]:
    """Return the lanes that checks may take: the one that the environment names, or all."""
    return (_mine(),) if VARIABLE in os.environ else tuple(range(_LANES))


def mine() -> Lane:
    """Return the lane that the environment names, or the first; raise BadInput where it names none that there is."""
    return lane(_mine())


def _mine() -> int:
    text = os.environ.get(VARIABLE, "0")
    if not (text.isdecimal() and int(text) < _LANES):
        raise BadInput(f"{VARIABLE}: '{text}' is no lane; write a number from 0 to {_LANES - 1}")
    return int(text)
