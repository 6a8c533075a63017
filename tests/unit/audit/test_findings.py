"""A finding is answered, waived, explained or open; the score is the scanner's own whatever it is."""

import pytest

from bongsu.audit import findings
from bongsu.audit.rules import Rule

RULES = {
    "sshd_tries": Rule("Limit the tries", ("5.1.16",), "medium"),
    "sshd_root": Rule("No root", ("5.1.20",), "high"),
    "modules": Rule("No cramfs", ("1.1.1.1",), "low"),
    "ufw": Rule("Install ufw", ("4.2.1",), "medium"),
}
TABLES = {
    "ssh_server": [
        {"id": "ssh.attempts", "profile": "small", "cis": {"debian12": ["5.1.16"], "debian13": ["5.1.17"]}},
        {
            "id": "ssh.few",
            "profile": "strict",
            "breaks": "Many\nkeys.",
            "cis": {"debian12": ["5.1.16"], "debian13": []},
        },
        {"id": "ssh.root", "profile": "small", "cis": {"debian12": ["5.1.20"], "debian13": []}},
    ]
}


def verdict(control, state, *words):
    return {"role": "ssh_server", "control": control, "state": state, "words": words, "until": None}


@pytest.fixture(autouse=True)
def reasons(monkeypatch):
    monkeypatch.setattr(
        findings,
        "explained",
        lambda: {"openscap": {"ufw": "nftables does it."}, "lynis": {"A-1": "No.", "D-4: Port": "No use."}},
    )


def judged(*verdicts, results=None, release="12"):
    results = results or {"sshd_tries": "fail", "sshd_root": "fail", "modules": "fail", "ufw": "fail", "x": "pass"}
    found = {"version": "1.3.7", "content": "ssg.deb", "results": results}
    return findings.of_openscap(found, RULES, release, TABLES, verdicts)


def states(part):
    return {one["id"]: (one["state"], one["reason"]) for one in part["findings"]}


def test_the_score_is_what_passed_of_what_could_be_judged():
    results = {"a": "pass", "b": "pass", "modules": "fail", "c": "notapplicable", "d": "error", "e": "notchecked"}
    part = judged(results=results)
    assert (part["score"], part["passed"], part["failed"], part["not_applicable"]) == (66.7, 2, 1, 1)
    assert part["not_judged"] == ["d: error", "e: notchecked"]


def test_nothing_judged_is_no_full_score():
    assert judged(results={"a": "notapplicable"})["score"] == 0.0


def test_what_the_host_says_is_in_effect_is_answered_and_the_score_stays():
    part = judged(verdict("ssh.attempts", "applied"))
    assert states(part)["sshd_tries"][0] == "answered"
    assert "ssh.attempts" in states(part)["sshd_tries"][1]
    assert part["score"] == judged()["score"] == 20.0


def test_the_sections_are_the_releases_own():
    assert states(judged(verdict("ssh.attempts", "applied"), release="13"))["sshd_tries"] == ("open", "")


def test_a_control_that_is_not_there_leaves_it_open_and_is_named():
    assert states(judged())["sshd_root"] == ("open", "ssh.root answers this section, and sets nothing here")


def test_what_only_a_stricter_profile_has_is_explained_by_what_it_may_break():
    assert states(judged())["sshd_tries"] == (
        "explained",
        "ssh.few answers this section in the profile strict; it may break: Many keys.",
    )
    assert states(judged(verdict("ssh.attempts", "applied")))["sshd_tries"][0] == "answered"


def test_the_inventorys_waiver_gives_its_reason():
    part = judged(verdict("ssh.root", "waived", "the old backup still logs in"))
    assert states(part)["sshd_root"] == ("waived", "ssh.root: the old backup still logs in")


def test_what_is_defeated_is_open_even_where_another_control_answers():
    part = judged(verdict("ssh.attempts", "ineffective", "MaxAuthTries is 6"), verdict("ssh.few", "applied"))
    assert states(part)["sshd_tries"] == ("open", "ssh.attempts is defeated: MaxAuthTries is 6")


def test_what_a_host_cannot_have_is_explained():
    part = judged(verdict("ssh.root", "unavailable", "has no such kernel"))
    assert states(part)["sshd_root"] == ("explained", "ssh.root: this host cannot have it: has no such kernel")


def test_the_projects_reason_is_given():
    assert states(judged())["ufw"] == ("explained", "nftables does it.")


def test_open_ones_come_first_and_the_gravest_of_them():
    part = judged(verdict("ssh.attempts", "applied"))
    assert [one["id"] for one in part["findings"]] == ["sshd_root", "modules", "sshd_tries", "ufw"]


def test_lynis_keeps_its_order_and_warnings_go_before_suggestions():
    found = [
        {"id": "B-2", "level": "suggestion", "title": "b", "detail": ""},
        {"id": "A-1", "level": "warning", "title": "a", "detail": ""},
        {"id": "C-3", "level": "warning", "title": "c", "detail": ""},
    ]
    part = findings.of_others("lynis", {"version": "3", "score": 60, "findings": found})
    assert [(one["id"], one["state"]) for one in part["findings"]] == [
        ("C-3", "open"),
        ("B-2", "open"),
        ("A-1", "explained"),
    ]
    ports = [{"id": "D-4", "level": "warning", "title": "d", "detail": one} for one in ("Port (22)", "Keys (no)")]
    both = findings.of_others("lynis", {"version": "3", "score": 60, "findings": ports})
    assert [(one["detail"], one["state"]) for one in both["findings"]] == [
        ("Keys (no)", "open"),
        ("Port (22)", "explained"),
    ]
    assert (findings.count(part, "open"), findings.count(part, "explained")) == (2, 1)
