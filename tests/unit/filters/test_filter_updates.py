"""Hosts that stand in for each other never share a window, and each knows whom to ask."""

import runpy

import pytest
from ansible.errors import AnsibleFilterError

from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/updates.py"))
update_window, update_peers = FILTERS["update_window"], FILTERS["update_peers"]
GROUPS = {
    "all": ["web2", "web1", "mon1", "mon2", "log1", "log2"],
    "monitors": ["mon2", "mon1"],
    "log_collectors": ["log1", "log2", "mon1"],
    "servers": ["web1", "web2"],
}
REDUNDANT = {"monitors": ["https:9090/-/ready"], "log_collectors": ["tcp:6514", "tcp:22"], "balancers": ["tcp:443"]}


def minutes(clock):
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def windows(groups, length, start="22:30"):
    return {
        host: {minutes(update_window(groups, host, REDUNDANT, start, length)["start"]) + one for one in range(length)}
        for host in groups["all"]
    }


def test_the_times_of_a_host():
    assert update_window(GROUPS, "log1", REDUNDANT, "02:00", 60) == {
        "start": "02:00",
        "middle": "02:30",
        "before": "01:00",
        "later": "13:00",
    }
    assert update_window(GROUPS, "mon1", REDUNDANT, "23:30", 45)["start"] == "01:00"


@pytest.mark.parametrize("length", [10, 60, 240])
def test_no_two_windows_overlap_while_the_day_has_enough(length):
    found = [{one % 1440 for one in each} for each in windows(GROUPS, length).values()]
    assert len(set().union(*found)) == len(found) * length


def test_of_a_fleet_only_those_share_windows_that_nobody_stands_in_for():
    fleet = GROUPS | {"all": [*GROUPS["all"], *(f"web{number}" for number in range(3, 60))]}
    found = windows(fleet, 60)
    for pair in ("mon1", "mon2"), ("mon1", "log1"), ("log1", "log2"):
        assert not found[pair[0]] & found[pair[1]]
    assert len({frozenset(each) for each in found.values()}) == 24


def test_one_server_alone_has_the_first():
    assert update_window({"all": ["web1"]}, "web1", REDUNDANT, "02:00", 60)["start"] == "02:00"
    assert update_window({"all": []}, "web1", {}, "02:00", 60)["start"] == "02:00"


@pytest.mark.parametrize(
    ("start", "length", "words"),
    [
        ("25:00", 60, "security_updates_from: '25:00' is no time of day"),
        ("02:00", 5, "5 is not between 10 and 1440"),
        ("02:00", 720, "4 hosts stand in for others, and a day has only 2 windows of 720 minutes; make it 360 or less"),
    ],
)
def test_what_cannot_be_is_told_with_its_cure(start, length, words):
    with pytest.raises(AnsibleFilterError, match=words):
        update_window(GROUPS, "mon1", REDUNDANT, start, length)


def test_a_host_asks_those_of_all_its_groups_by_what_they_share():
    assert update_peers(GROUPS, "mon1", REDUNDANT) == {
        "log1": ["tcp:6514", "tcp:22"],
        "log2": ["tcp:6514", "tcp:22"],
        "mon2": ["https:9090/-/ready"],
    }
    assert update_peers(GROUPS, "mon2", REDUNDANT) == {"mon1": ["https:9090/-/ready"]}
    assert update_peers(GROUPS, "web1", REDUNDANT) == {}
