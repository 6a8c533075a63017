"""A host that scanners take for a machine: what it has beyond the others, which stay as they are."""

from __future__ import annotations

import io
import tarfile

import pytest

from bongsu.errors import BadInput
from bongsu.lab import as_machine, container
from bongsu.lab.spec import LabHost, parse_spec

PLAIN = LabHost("mon", "12", "10.89.77.11")
MACHINE = LabHost("mon", "12", "10.89.77.11", as_machine=True)


def test_the_inventory_asks_for_it_by_host(hostvars):
    changed = {**hostvars, "web": {**hostvars["web"], "lab_as_machine": True}}
    assert [host.as_machine for host in parse_spec(changed, "here").hosts] == [False, True]


def test_a_word_that_is_neither_true_nor_false_is_told(hostvars):
    changed = {**hostvars, "web": {**hostvars["web"], "lab_as_machine": "yes please"}}
    with pytest.raises(BadInput, match="here: web: lab_as_machine: write true or false, not 'yes please'"):
        parse_spec(changed, "here")


def test_it_is_made_as_the_other_hosts_are():
    plain, machine = (container.create_arguments("bongsu", host, "image") for host in (PLAIN, MACHINE))
    assert plain == machine
    assert "--cap-add=DAC_READ_SEARCH" in plain


def test_the_mark_of_the_container_goes_at_each_start():
    with tarfile.open(fileobj=io.BytesIO(as_machine.overlay())) as tar:
        entries = {entry.name: entry for entry in tar.getmembers()}
        text = tar.extractfile(f"etc/systemd/system/{as_machine.UNIT}").read().decode()
    assert entries[f"etc/systemd/system/sysinit.target.wants/{as_machine.UNIT}"].linkname == f"../{as_machine.UNIT}"
    assert [line for line in text.splitlines() if line.startswith("ExecStart=")] == [
        "ExecStart=/usr/bin/umount /run/.containerenv",
        "ExecStart=/usr/bin/rm /run/.containerenv",
    ]
