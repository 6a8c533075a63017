"""A host's database is held against the copy that the host cannot change."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from bongsu import integrity
from bongsu.errors import BongsuError

NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)
SPEC = "@@db_spec name lname perm uid gid acl sha512 xattrs \n"


def answer(lines=("/usr/bin/ls 0 100755 0 0 0 aaa 0",), *, rules="r1", before="", explained=None, accepted=None):
    content = (SPEC + "\n".join(lines) + "\n").encode()
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "rules": rules,
        "made_at": NOW.timestamp(),
        "before": before,
        "explained": explained or {},
        "accepted": accepted or {},
        "content": base64.b64encode(content).decode(),
    }


ALTERED = ("/usr/bin/ls 0 100755 0 0 0 bbb 0",)
MORE = ("/usr/bin/ls 0 100755 0 0 0 aaa 0", "/opt/shop 0 100755 0 0 0 ccc 0")


@pytest.fixture
def kept(tmp_path):
    integrity.keep(tmp_path, "web1", answer(), NOW)
    return integrity.last(tmp_path, "web1")


def test_the_first_is_kept_for_the_operator_alone(kept, tmp_path):
    assert integrity.compare(None, answer(), "").keep
    assert kept["sha256"] == answer()["sha256"]
    assert integrity.directory(tmp_path, "web1").stat().st_mode & 0o077 == 0
    assert integrity.last(tmp_path, "web2") is None


def test_the_same_database_is_nothing_to_tell(kept):
    assert integrity.compare(kept, answer(), "") == integrity.Verdict()


def test_a_database_made_anew_fails_until_the_operator_says_that_it_was_he(kept):
    new = answer(ALTERED)
    verdict = integrity.compare(kept, new, "")
    assert "in it 1 are otherwise: '/usr/bin/ls'" in verdict.failure
    assert not verdict.keep
    assert integrity.compare(kept, new, new["sha256"][:5]).failure  # too short to be meant
    assert integrity.compare(kept, new, "0" * 12).failure
    assert integrity.compare(kept, new, new["sha256"][:12]).keep


def test_new_rules_make_a_new_database_and_excuse_nothing_that_was_there_before(kept):
    rules = {"rules": "r2", "before": kept["sha256"]}
    assert integrity.compare(kept, answer(MORE, **rules), "").keep
    assert "'/usr/bin/ls'" in integrity.compare(kept, answer(ALTERED, **rules), "").failure
    upgraded = integrity.aide.read_database(base64.b64decode(answer(ALTERED)["content"]))["/usr/bin/ls"].digest
    assert integrity.compare(kept, answer(ALTERED, **rules, explained={"/usr/bin/ls": upgraded}), "").keep
    assert "'/opt/shop'" in integrity.compare(kept, answer(MORE, rules="r2", before="another"), "").failure
    assert "'/opt/shop'" in integrity.compare(kept, answer(MORE), "").failure


def test_what_is_accepted_on_the_host_is_told_and_kept(kept, tmp_path):
    verdict = integrity.compare(kept, answer(accepted={"/usr/bin/own": "d"}), "")
    assert verdict.keep
    assert "somebody has accepted on the host: '/usr/bin/own'" in verdict.told[0]
    integrity.keep(tmp_path, "web1", answer(accepted={"/usr/bin/own": "d"}), NOW.replace(hour=7))
    again = integrity.compare(integrity.last(tmp_path, "web1"), answer(accepted={"/usr/bin/own": "d"}), "")
    assert again == integrity.Verdict()


def test_a_database_that_is_not_there_is_a_failure_only_where_it_was(kept):
    assert integrity.compare(kept, {"sha256": ""}, "").failure
    assert not integrity.compare(None, {"sha256": ""}, "").failure


def test_a_copy_that_somebody_changed_is_told(kept, tmp_path):
    file = next(integrity.directory(tmp_path, "web1").glob("*.json"))
    file.write_text(file.read_text().replace(kept["sha256"], "0" * 64))
    with pytest.raises(BongsuError, match=f"{file}: not a database as it was kept"):
        integrity.last(tmp_path, "web1")
