"""Whom a play of site.yml is for, and in which order."""

import runpy
from pathlib import Path

import pytest

FILTERS = runpy.run_path(str(Path(__file__).parents[3] / "plugins/filter/order.py"))
unconverged, without, retiring, NOBODY, unwell, bears = (
    FILTERS[name] for name in ("unconverged", "without", "retiring", "NOBODY", "unwell", "bears")
)

GROUPS = {"all": ["m1", "m2", "s1", "s2", "s3"], "monitors": ["m1", "m2"], "servers": ["s1", "s2", "s3"]}


def told(pending=(), ailing=(), **more):
    """Every host's variables, with a decision that only those know that are left in the run."""
    decision = {"pending": list(pending), "ailing": list(ailing)}
    known = {"bongsu_fast_path": {"decision": decision}, **more}
    return {host: known if host != "m1" else {} for host in GROUPS["all"]}


def test_without_a_decision_it_is_the_whole_group():
    assert unconverged(GROUPS, "monitors", {}) == ["m1", "m2"]
    assert unconverged(GROUPS, "all", {"s1": {"bongsu_fast_path": {"decision": None}}}, ["monitors"]) == [
        "s1",
        "s2",
        "s3",
    ]


def test_with_one_it_is_what_is_left():
    hostvars = told(pending=["m2", "s1", "s3"])
    assert unconverged(GROUPS, "monitors", hostvars) == ["m2"]
    assert unconverged(GROUPS, "all", hostvars, but=["monitors", "balancers"]) == ["s1", "s3"]
    assert unconverged(GROUPS, "all", hostvars) == ["m2", "s1", "s3"]


def test_those_that_something_is_wrong_with_come_first():
    assert unconverged(GROUPS, "monitors", told(pending=["m1", "m2"], ailing=["m2"])) == ["m2", "m1"]


def test_a_host_that_did_not_answer_is_nobodys_first():
    """Else it would be the one that goes first, and all the others at once after it."""
    assert unconverged(GROUPS, "servers", told(pending=["s2", "s3"])) == ["s2", "s3"]


@pytest.mark.parametrize("group", ["monitors", "all", "no_such_group"])
def test_with_nothing_left_it_is_nobody_and_never_everybody(group):
    assert unconverged(GROUPS, group, told()) == NOBODY == ["all", "!all"]


def test_those_that_never_had_a_component_say_so_themselves():
    hostvars = told(pending=["m1", "m2", "s1", "s2", "s3"])
    hostvars["m1"] = hostvars["m2"] | report_of(report(components={}, trouble="torn"))
    for host, components, drift in (("m2", {}, {}), ("s1", {"firewall": "1"}, {}), ("s2", {}, {"firewall": "gone"})):
        hostvars[host] = hostvars[host] | report_of(report(components=components, drift=drift))
    hostvars["s3"] = hostvars["s3"] | report_of({"msg": "cannot tell"})
    assert without(GROUPS, "firewall", hostvars) == ["m2"]
    assert without(GROUPS, "web", hostvars) == ["m2", "s1", "s2"]
    assert without(GROUPS, "firewall", {**hostvars, **told(pending=["s1"])}) == NOBODY
    assert without(GROUPS, "firewall", {}) == NOBODY


def test_a_retired_authority_concerns_all_hosts_as_long_as_one_is_left():
    assert retiring(GROUPS, told(pending=["s1"], host_certificate_ca_retired=["PEM"])) == ["all"]
    assert retiring(GROUPS, told(host_certificate_ca_retired=["PEM"])) == NOBODY
    assert retiring(GROUPS, told(pending=["s1"], host_certificate_ca_retired=[])) == NOBODY
    assert retiring(GROUPS, told(pending=["s1"])) == NOBODY


def report_of(said):
    return {"bongsu_host_state": said}


def report(**differences):
    state = {"trouble": "", "components": {"web": "0" * 64}, "drift": {}, "down": [], "unfinished": []}
    return {"state": {**state, **differences}}


AWAY = "is not at work: "
REPORTS = {
    "well": (report(), "", True),
    "bare": (report(components={}), "", False),
    "drifted": (report(components={}, drift={"web": "/x mode"}), "", True),
    "stopped": (report(drift={"web": "x"}, down=["web.service"]), f"{AWAY}web.service does not run", False),
    "cut off": (report(unfinished=["web"]), f"{AWAY}an interrupted change of web is to be undone", False),
    "in trouble": (report(trouble="no disk"), "cannot tell how it is: no disk", False),
    "without an answer": ({"msg": "no python"}, "cannot tell how it is: no python", False),
    "unreachable": ({"unreachable": True, "msg": "ssh"}, "cannot be reached", False),
}


@pytest.mark.parametrize("name", REPORTS)
def test_who_is_well_and_who_has_something_to_lose(name):
    answer, complaint, has_something_to_lose = REPORTS[name]
    assert unwell([{"peer": "b2", **answer}], "peer") == ({"b2": f"b2 {complaint}"} if complaint else {})
    assert bears(answer) == has_something_to_lose
