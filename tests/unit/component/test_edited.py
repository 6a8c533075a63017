"""A component that edits a file of others: the edit comes, is found missing, comes back and goes; all else stays."""

import pytest
from module_runner import run_module

THEIRS = "# theirs\nUMASK 022\nOTHER yes\n"
SET = {"settings": {"values": {"UMASK": "027", "LIMIT": 3}}}
EDITED = "# theirs\nUMASK 027\nOTHER yes\nLIMIT 3\n"


@pytest.fixture
def theirs(host):
    path = host.root / "etc/login.defs"
    path.write_text(THEIRS)
    path.chmod(0o640)
    return path


def drift(host):
    answer = run_module("drift", {"state_directory": str(host.root / "state")}, env=host.env)
    return [(one["resource"].rpartition("/")[2], one["what"]) for one in answer["findings"]]


def edit(host, path, edit=SET, **values):
    return host.converge({"dest": str(path), "edit": edit}, units=[], **values)


def test_the_edit_comes_and_the_second_run_is_silent(host, theirs):
    assert edit(host, theirs)["actions"] == [f"replaced {theirs}"]
    assert theirs.read_text() == EDITED
    assert theirs.stat().st_mode & 0o777 == 0o640
    assert not edit(host, theirs)["changed"]
    assert drift(host) == []


def test_check_mode_shows_the_edit_and_makes_none(host, theirs):
    report = edit(host, theirs, check=True)
    assert (report["diff"][0]["before"], report["diff"][0]["after"]) == (THEIRS, EDITED)
    assert theirs.read_text() == THEIRS


def test_what_others_change_is_no_drift_and_is_not_touched(host, theirs):
    edit(host, theirs)
    theirs.write_text(EDITED.replace("OTHER yes", "OTHER no"))
    theirs.chmod(0o600)
    assert drift(host) == []
    assert not edit(host, theirs)["changed"]


def test_an_edit_that_is_lost_is_drift_and_comes_back(host, theirs):
    edit(host, theirs)
    theirs.write_text(EDITED.replace("UMASK 027", "#UMASK 027"))
    assert drift(host) == [("login.defs", "content")]
    assert edit(host, theirs)["changed"]
    assert "\nUMASK 027\n" in theirs.read_text()
    assert drift(host) == []


def test_absent_undoes_the_edit_and_keeps_what_others_have_changed_since(host, theirs):
    edit(host, theirs)
    theirs.write_text("NEW 1\n" + EDITED)
    host.remove()
    assert theirs.read_text() == "NEW 1\n" + THEIRS
    assert theirs.stat().st_mode & 0o777 == 0o640


def test_absent_gives_back_the_very_bytes(host, theirs):
    theirs.write_text(THEIRS.rstrip("\n"))
    edit(host, theirs)
    host.remove()
    assert theirs.read_text() == THEIRS.rstrip("\n")


def test_an_edit_that_asks_for_less_gives_the_rest_back(host, theirs):
    edit(host, theirs)
    edit(host, theirs, {"settings": {"values": {"LIMIT": 3}}})
    assert theirs.read_text() == "# theirs\nUMASK 022\nOTHER yes\nLIMIT 3\n"
    assert host.converge(units=[])["changed"]
    assert theirs.read_text() == THEIRS


def test_a_file_that_only_the_edit_made_goes_with_it(host):
    path = host.root / "etc/new.conf"
    edit(host, path)
    assert path.read_text() == "LIMIT 3\nUMASK 027\n"
    host.remove()
    assert not path.exists()


def test_a_file_that_only_the_edit_made_and_others_use_stays(host):
    path = host.root / "etc/new.conf"
    edit(host, path)
    path.write_text(path.read_text() + "MORE 1\n")
    host.remove()
    assert path.read_text() == "MORE 1\n"


@pytest.mark.parametrize("spoil", ["unlink", "link", "directory"])
def test_a_file_that_somebody_has_taken_away_comes_back_as_it_was_with_the_edit(host, theirs, spoil):
    edit(host, theirs)
    theirs.unlink()
    if spoil == "link":
        theirs.symlink_to("/dev/null")
    elif spoil == "directory":
        theirs.mkdir()
    assert drift(host) == [("login.defs", "missing" if spoil == "unlink" else "kind")]
    assert edit(host, theirs)["changed"]
    assert (theirs.read_text(), theirs.stat().st_mode & 0o777) == (EDITED, 0o640)
    assert drift(host) == []
    host.remove()
    assert theirs.read_text() == THEIRS


def test_so_does_one_in_which_all_was_as_wanted_from_the_beginning(host, theirs):
    theirs.write_text(EDITED)
    edit(host, theirs)
    theirs.unlink()
    assert edit(host, theirs)["changed"]
    assert theirs.read_text() == EDITED
    host.remove()
    assert theirs.read_text() == EDITED


def test_two_components_edit_one_file_and_each_takes_its_own_away(host, theirs):
    edit(host, theirs, name="one")
    edit(host, theirs, {"settings": {"values": {"OTHER": "maybe"}}}, name="two")
    assert theirs.read_text() == EDITED.replace("OTHER yes", "OTHER maybe")
    host.remove("one")
    assert theirs.read_text() == THEIRS.replace("OTHER yes", "OTHER maybe")
    host.remove("two")
    assert theirs.read_text() == THEIRS


def test_a_whole_file_becomes_an_edit_of_what_was_there_before(host, theirs):
    host.converge(host.file(theirs, content="ours\n", mode="0640"), units=[])
    edit(host, theirs)
    assert theirs.read_text() == EDITED


def test_a_run_that_fails_puts_the_file_back(host, theirs):
    report = edit(host, theirs, validate=[["/bin/false"]])
    assert report["failed"]
    assert theirs.read_text() == THEIRS


def test_the_staged_file_is_validated(host, theirs):
    report = host.converge(
        {"dest": str(theirs), "edit": SET, "validate": ["/bin/grep", "-q", "UMASK 022", "%s"]}, units=[]
    )
    assert "was refused" in report["msg"]
    assert theirs.read_text() == THEIRS


def test_a_unit_that_reads_the_file_is_told(host, theirs):
    wanted = {"dest": str(theirs), "edit": SET, "on_change": "restart"}
    host.converge()
    assert "restarted daemon.service: its files change" in host.converge(wanted)["actions"]
    assert not host.converge(wanted)["changed"]
    assert drift(host) == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"edit": SET, "content": "x"}, "has an edit and content"),
        ({"edit": SET, "state": "absent"}, "has an edit and state"),
        ({"edit": {"sed": {}}}, "files[0].edit: is no edit"),
    ],
)
def test_a_wrong_edit_names_its_place(host, file, words):
    report = host.converge({"dest": "/etc/x", **file}, units=[])
    assert words in report["msg"]


def test_the_mode_of_an_edited_file_is_set_where_it_is_wanted_and_given_back(host, theirs):
    wanted = {"dest": str(theirs), "edit": SET, "mode": "0600"}
    host.converge(wanted, units=[])
    assert theirs.stat().st_mode & 0o777 == 0o600
    assert not host.converge(wanted, units=[])["changed"]
    theirs.chmod(0o644)
    assert drift(host) == [("login.defs", "mode")]
    assert host.converge(wanted, units=[])["actions"] == [f"adjusted {theirs}"]
    edit(host, theirs)
    theirs.chmod(0o644)
    assert drift(host) == []
    assert not edit(host, theirs)["changed"]
    host.converge(wanted, units=[])
    host.remove()
    assert (theirs.read_text(), theirs.stat().st_mode & 0o777) == (THEIRS, 0o640)


def test_a_mode_that_somebody_has_changed_since_is_theirs(host, theirs):
    host.converge({"dest": str(theirs), "edit": SET, "mode": "0600"}, units=[])
    theirs.chmod(0o604)
    host.remove()
    assert theirs.stat().st_mode & 0o777 == 0o604


def test_only_the_mode_is_wanted_of_a_file_that_may_not_be_there(host, theirs):
    missing = host.root / "etc/missing"
    wanted = [{"dest": str(path), "edit": {"nothing": {}}, "mode": "0600"} for path in (theirs, missing)]
    theirs.write_bytes(b"\xff")
    host.converge(*wanted, units=[])
    assert (theirs.read_bytes(), theirs.stat().st_mode & 0o777) == (b"\xff", 0o600)
    assert not missing.exists()
    assert not host.converge(*wanted, units=[])["changed"]
    assert drift(host) == []
    missing.write_text("come\n")
    missing.chmod(0o644)
    host.converge(*wanted, units=[])
    assert (missing.read_text(), missing.stat().st_mode & 0o777) == ("come\n", 0o600)
    missing.unlink()
    assert drift(host) == [("missing", "missing")]
    host.converge(*wanted, units=[])
    assert drift(host) == []
    host.remove()
    assert (theirs.read_bytes(), theirs.stat().st_mode & 0o777) == (b"\xff", 0o640)


def test_what_cannot_be_edited_is_told_and_left(host):
    place = host.root / "etc/link"
    place.symlink_to("/nowhere")
    assert "is a link" in edit(host, place)["msg"]
    (host.root / "etc/bytes").write_bytes(b"\xff")
    assert "is not a text" in edit(host, host.root / "etc/bytes")["msg"]


def test_a_manifest_with_an_edit_that_nobody_knows_is_no_manifest(host, theirs):
    edit(host, theirs)
    path = host.root / "state/components/daemon.json"
    path.write_text(path.read_text().replace('"settings"', '"sed"'))
    assert [what for _, what in drift(host)] == ["manifest"]
