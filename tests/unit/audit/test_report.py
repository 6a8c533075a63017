"""An audit as a document: compared with those before it, shown as a table, told to node_exporter."""

from datetime import UTC, datetime, timedelta

import pytest

from bongsu.audit import evidence, report
from bongsu.errors import BongsuError

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)


def finding(name, state="open", **more):
    return {"id": name, "level": "warning", "title": f"{name} is weak", "state": state, "reason": "", **more}


def part(score, *findings):
    return {"version": "3", "score": score, "findings": list(findings)}


def audited(score, at=NOW, earlier=(), *findings, host="web1"):
    return report.document(host, at, "13", {"lynis": part(score, *findings)}, earlier)


def test_the_first_audit_is_compared_with_nothing():
    lynis = audited(67)["scanners"]["lynis"]
    assert (lynis["last"], lynis["reference"]) == (None, 67)
    assert report.fallen([audited(67)]) == []


def test_a_lower_score_than_last_time_is_a_fall_and_an_equal_one_is_none():
    before = audited(80, NOW - timedelta(days=30))
    assert report.fallen([audited(79.9, earlier=[before])]) == [("web1", "lynis")]
    assert report.fallen([audited(80, earlier=[before])]) == []
    assert report.fallen([audited(81, earlier=[before])]) == []


def test_the_reference_is_the_best_of_ninety_days():
    earlier = [
        audited(95, NOW - timedelta(days=91)),
        audited(90, NOW - timedelta(days=90)),
        audited(85, NOW - timedelta(days=1)),
    ]
    lynis = audited(86, earlier=earlier)["scanners"]["lynis"]
    assert (lynis["last"], lynis["reference"]) == (85, 90)


def test_a_scanner_that_was_left_out_last_time_is_compared_with_the_time_before():
    with_lynis = audited(90, NOW - timedelta(days=2))
    without = report.document("web1", NOW - timedelta(days=1), "13", {"ssh_audit": part(100)}, [with_lynis])
    assert audited(80, earlier=[with_lynis, without])["scanners"]["lynis"]["last"] == 90


def test_what_the_host_tells_are_plain_figures():
    audit = audited(67, NOW, [], finding("a"), finding("b", "explained"))
    assert report.figures(audit) == {"lynis": {"score": 67.0, "reference": 67.0, "open": 1.0}}


def test_the_table_shows_the_change_and_the_three_worst_that_are_open():
    before = audited(70.5, NOW - timedelta(days=1))
    found = [finding("a"), finding("b"), finding("c"), finding("d"), finding("e", "answered")]
    audits = [audited(67, NOW, [before], *found), audited(60, host="web2")]
    assert report.table(audits) == [
        "host  scanner  score  change  open  worst",
        "web1  lynis    67     -3.5    4     a (a is weak); b (b is weak); c (c is weak)",
        "web2  lynis    60     first   0     -",
    ]
    assert report.table([audited(70.5, NOW, [before])])[1].split()[3] == "="
    assert report.table([]) == []


def test_a_long_title_is_cut_in_the_table():
    (line,) = report.table([audited(1, NOW, [], finding("a", title="x" * 100))])[1:]
    assert line.endswith(f"a ({'x' * 59}…)")


def test_details_give_each_finding_its_state_sections_and_reason():
    found = [
        finding("a", detail="6 instead of 4"),
        finding("b", "answered", sections=["5.1.1"], reason="ssh.keys does"),
    ]
    assert report.details([audited(67, NOW, [], *found)]) == [
        "web1, lynis: 1 open, 1 answered",
        "  open       a: a is weak (6 instead of 4)",
        "  answered   b [CIS 5.1.1]: b is weak: ssh.keys does",
    ]
    assert report.details([audited(67)]) == ["web1, lynis: nothing found"]


def test_the_conclusion_names_what_fell_and_where_all_of_it_is():
    audit = audited(67, NOW, [audited(70.5, NOW - timedelta(days=1))])
    assert report.conclusion([audit], {"web1": "/x.json"}) == [
        "web1: the score of lynis fell from 70.5 to 67",
        "web1: all of it in /x.json",
    ]


def test_audits_are_kept_and_read_oldest_first(tmp_path):
    old, new = audited(60, NOW - timedelta(days=1)), audited(70)
    assert evidence.keep(tmp_path, new).name == "20261125T060000Z.json"
    evidence.keep(tmp_path, old)
    assert evidence.earlier(tmp_path, "web1") == [old, new]
    assert evidence.earlier(tmp_path, "web2") == []


def test_evidence_is_the_operators_alone(tmp_path):
    assert evidence.keep(tmp_path, audited(60)).parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99, "at": "x", "scanners": {}}'])
def test_a_file_that_is_no_audit_is_named(tmp_path, text):
    (evidence.directory(tmp_path, "web1") / "20260101T000000Z.json").write_text(text)
    with pytest.raises(BongsuError, match=r"web1/20260101T000000Z\.json: not an audit"):
        evidence.earlier(tmp_path, "web1")
