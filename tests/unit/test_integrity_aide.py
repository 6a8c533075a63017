"""What AIDE writes is read as it is meant, by 0.18 and 0.19."""

import gzip
import json

import pytest
from ansible.module_utils.bongsu.effective import aide as effective
from ansible.module_utils.bongsu.errors import BongsuError
from ansible.module_utils.bongsu.integrity import aide, told
from ansible.module_utils.bongsu.integrity.explain import Known, Then
from ansible.module_utils.bongsu.integrity.kept import Finding, Made, Seen

SPEC = "@@begin_db\n# made by Aide\n@@db_spec name lname perm uid gid size inode attr acl sha512 xattrs \n"
THEN = (SPEC + "/usr/bin/ls 0 100755 0 0 9 1 1 0 aaa 0\n/usr/bin/yes 0 100755 0 0 9 2 1 0 bbb 0\n@@end_db\n").encode()
NOW = gzip.compress(
    (
        SPEC + "/usr/bin/ls 0 104755 0 0 9 1 1 0 ccc 0\n/usr/sbin/a%20b /bin/x 120777 0 0 6 3 1 0 0 0\n@@end_db\n"
    ).encode()
)
REPORT = "some warning\n" + json.dumps(
    {
        "added": {"/usr/sbin/a b": "l++"},
        "removed": {"/usr/bin/yes": "f--"},
        "changed": {"/usr/bin/ls": "f"},
        "details": {
            "/usr/bin/ls": {"perm": {"old": "-rwxr-xr-x", "new": "-rwsr-xr-x"}, "sha512": {"old": "aaa", "new": "ccc"}}
        },
    }
)


def test_a_report_gives_each_path_with_its_state():
    added, changed, removed = aide.read_report(REPORT, THEN, NOW)
    assert (added.path, added.kind, added.state.kind, added.state.target) == (
        "/usr/sbin/a b",
        "added",
        "link",
        "/bin/x",
    )
    assert changed.attributes == {"perm", "sha512"}
    assert changed.words == "content; perm was -rwxr-xr-x, is -rwsr-xr-x"
    assert changed.state.perm == "104755"
    assert (removed.path, removed.digest, removed.state.sha512) == ("/usr/bin/yes", "", "bbb")
    assert len({one.digest for one in (added, changed, removed)}) == 3


def test_where_a_file_lies_on_the_disk_does_not_count():
    moved = THEN.replace(b" 9 1 1 0 aaa", b" 9 77 1 0 aaa")
    assert aide.read_database(moved) == aide.read_database(THEN)


def test_a_report_of_nothing_is_empty():
    assert aide.read_report('{"outline": "NO differences"}', THEN, NOW) == []


@pytest.mark.parametrize("text", ["", "ERROR: cannot open", "{ broken"])
def test_what_is_no_report_is_told_in_aides_words(text):
    with pytest.raises(BongsuError, match=text.strip() or "said nothing"):
        aide.read_report(text, THEN, NOW)


@pytest.mark.parametrize("content", [NOW[:40], b"/usr/bin/ls 0 1\n"])
def test_a_database_that_is_none_is_told(content):
    with pytest.raises(BongsuError, match="database"):
        aide.read_database(content)


def test_the_first_rule_for_a_path_is_the_one_that_counts():
    text = "x = p\n/usr/sbin/auditd p+i\n/usr/sbin/auditd p\n/usr Watched\n"
    assert effective.rule(text, "/usr/sbin/auditd") == ["p+i"]
    assert effective.rule(text, "/usr/sbin/auditctl") == []


@pytest.mark.parametrize(("bounds", "may"), [("000001ffffffffff", True), ("00000000a80425fb", False), ("4", True)])
def test_whether_aide_may_start_is_read_from_the_process(bounds, may):
    assert effective._may_read_all(f"Name:\tx\nCapEff:\t0\nCapBnd:\t{bounds}\n") is may


def test_what_is_found_is_told_and_measured():
    made = Made(100.0, Then({}, {}, ()))
    found = (Finding("/usr/bin/ls", "changed", "d", "content"), Finding('/usr/bin/"\n\udcff', "added", "e"))
    seen = Seen(200.0, found, {"/x": Known("d", "accepted 2026-11-29"), "/y": Known("d", "package lamp", "2")})
    assert told.lines(made, seen)[:2] == ["changed: /usr/bin/ls (content)", 'added: /usr/bin/"\\x0a\\xff']
    metrics = told.metrics(made, seen, "abc").decode()
    for series in (
        'findings{kind="changed"} 1',
        'findings{kind="removed"} 0',
        'finding{path="/usr/bin/\\"\\\\x0a\\\\xff",kind="added"} 1',
        'explained{by="operator"} 1',
        'explained{by="itself"} 1',
        "last_look_timestamp_seconds 200",
        "database_timestamp_seconds 100",
        'database_info{sha256="abc"} 1',
    ):
        assert f"\nbongsu_file_integrity_{series}\n" in metrics


def test_that_there_is_no_database_yet_is_told():
    assert "in the background" in told.lines(None, None)[0]
