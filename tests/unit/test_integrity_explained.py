"""What is explained is no finding, and nothing else is."""

import dataclasses

import pytest
from ansible.module_utils.bongsu.integrity import explain
from ansible.module_utils.bongsu.integrity.aide import Difference, State

PLAIN_ACL = "POSIX,dXNlcjo6cnd4Cmdyb3VwOjpyLXgKb3RoZXI6OnIteAo=,0"
FILE = State("0", "100755", "0", "0", PLAIN_ACL, "sum", "0")
LAMP = "/usr/bin/lamp"
CONTENT = frozenset({"sha512", "size"})


def difference(path=LAMP, kind="changed", attributes=CONTENT, **state):
    return Difference(path, kind, frozenset(attributes), dataclasses.replace(FILE, **state))


def link(path, target, kind="added"):
    return difference(path, kind, (), perm="120777", lname=target)


def judge(one, *, then=("lamp", "1"), now=("lamp", "2"), digest="packaged", known=None, last=None, final=None, **more):
    given = {
        "then": explain.Then(dict([then]) if then else {}, {LAMP: "lamp"}, more.get("placed_then", ())),
        "packages": explain.Packages(
            dict([now]) if now else {},
            more.get("owners", {LAMP: "lamp"}),
            {LAMP: "packaged", "/usr/bin/new": "packaged"},
        ),
        "placed": explain.Placed(**more.get("placed", {})),
        "known": known or {},
        "last": last or {},
        "md5": lambda _: digest,
        "final": lambda path: final or path,
        "there": lambda path: path in more.get("there", ()),
    }
    found = explain.Judge(**given)(one)
    return found and found.why


def test_an_upgrade_explains_what_it_brought():
    assert judge(difference()) == "package lamp"


@pytest.mark.parametrize(
    ("one", "how"),
    [
        (difference(), {"now": ("lamp", "1")}),
        (difference(), {"digest": "another"}),
        (difference(), {"owners": {}}),
        (difference(), {"last": {LAMP: "2"}}),
        (difference(attributes=("perm",), perm="104755"), {}),
        (difference(attributes=("uid",), uid="1000"), {}),
        (difference(attributes=("perm",), perm="100757"), {}),
        (difference(attributes=("xattrs",), xattrs="1,c2VjdXJpdHkuY2FwYWJpbGl0eQ==,AQ=="), {}),
        (
            difference(
                attributes=("acl",), acl="POSIX,dXNlcjo6cnd4CnVzZXI6YWxpY2U6cnd4Cmdyb3VwOjpyLXgKb3RoZXI6OnIteAo=,0"
            ),
            {},
        ),
        (difference(kind="added", attributes=(), perm="104755"), {}),
        (difference("/usr/bin/own", "added", ()), {}),
        (difference("/usr/bin/own", "removed", ()), {"owners": {}, "now": None}),
        (difference(kind="removed", attributes=()), {}),
        (difference(kind="removed", attributes=()), {"owners": {}, "now": ("lamp", "1")}),
        (difference("/usr/lib/open", "added", (), perm="40777"), {}),
        (link("/usr/bin/light", "/srv/x"), {"final": "/srv/x"}),
        (link("/etc/systemd/system/a.wants/x.service", "/srv/x"), {"final": "/srv/x"}),
        (link("/etc/systemd/system/auditd.service", "/dev/null"), {}),
        (link("/etc/systemd/system/a.wants/lamp.service", LAMP, "removed"), {"there": [LAMP]}),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value.path,
)
def test_what_nobody_answers_for_is_a_finding(one, how):
    assert judge(one, **how) is None


@pytest.mark.parametrize(
    ("one", "how", "why"),
    [
        (difference(kind="removed", attributes=()), {"owners": {}}, "package lamp"),
        (difference(kind="removed", attributes=()), {"owners": {}, "now": None}, "package lamp"),
        (difference(kind="added", attributes=()), {"then": None}, "package lamp"),
        (difference(kind="added", attributes=(), perm="104755"), {"placed": {"brought": ["lamp"]}}, "package lamp"),
        (difference("/etc/x"), {"placed": {"as_placed": ["/etc/x"]}}, "bongsu"),
        (difference("/etc/x", "removed"), {"placed_then": ["/etc/x"]}, "bongsu"),
        (difference(), {"now": ("lamp", "1"), "placed_then": [LAMP]}, "package lamp"),
        (
            link("/etc/systemd/system/a.wants/lamp.service", LAMP),
            {"final": LAMP},
            "it leads to a file of a package, or of bongsu",
        ),
        (
            link("/usr/bin/light", "/etc/alternatives/light"),
            {"final": LAMP},
            "it leads to a file of a package, or of bongsu",
        ),
        (
            link("/etc/systemd/system/lamp.timer", "/dev/null"),
            {"placed": {"masked": ["lamp.timer"]}},
            "it leads to a file of a package, or of bongsu",
        ),
        (link("/etc/systemd/system/a.wants/lamp.service", LAMP, "removed"), {}, "what it led to is gone"),
        (difference("/usr/lib/lamp", "added", (), perm="40755"), {}, "a directory; what is in it is told by itself"),
        (
            difference("/usr/local/lib", "added", (), perm="42775", gid="50"),
            {},
            "a directory; what is in it is told by itself",
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict | str) else value.path,
)
def test_what_somebody_answers_for_is_none(one, how, why):
    assert judge(one, **how) == why


def test_what_was_accepted_is_accepted_as_it_was_then():
    one = difference("/usr/bin/own", "added", ())
    accepted = {one.path: explain.Known(one.digest, "accepted 2026-11-29", lasting=True)}
    assert judge(one, known=accepted) == "accepted 2026-11-29"
    assert judge(difference("/usr/bin/own", "added", (), sha512="other"), known=accepted) is None


def test_an_edited_file_stays_explained_as_long_as_it_is_the_same():
    """Only the run that has written it can be told by the time; later ones write the manifest anew."""
    known = {}
    for placed in ([LAMP], []):
        asked = explain.Judge(
            explain.Then({}, {}, ()),
            explain.Packages(),
            explain.Placed(as_placed=placed),
            known,
            {},
            lambda _: "theirs",
            lambda path: path,
            lambda _: False,
        )
        why = asked(difference())
        assert why and why.why == "bongsu"
        known = {LAMP: why}
    assert asked(difference(sha512="another")) is None
