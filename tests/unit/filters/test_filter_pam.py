"""A table of PAM rules becomes edits of stacks, of what pam-auth-update remembers of them, and its profiles."""

import runpy

import pytest

from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/pam.py"))
pam_files, flag_values = FILTERS["pam_files"], FILTERS["flag_values"]
PREAUTH, COUNT = "auth\trequisite\t\t\tpam_faillock.so preauth", "auth\t[default=die]\t\t\tpam_faillock.so authfail"
TABLE = [
    {"control": "a.lock", "stack": "auth", "profile": "ours", "place": "first", "line": PREAUTH},
    {"control": "a.lock", "stack": "auth", "profile": "ours-last", "place": "last", "line": COUNT},
    {"control": "a.good", "stack": "password", "profile": "theirs", "shipped": True, "place": "first", "line": "x y z"},
    {"control": "a.su", "stack": "su", "place": "end", "line": "auth required pam_wheel.so"},
    {"control": "a.empty", "stack": "auth", "remove": ["nullok"]},
    {"control": "a.keys", "stack": "auth", "add": ["no_pass_expiry"]},
]  # fmt: skip


def files(*applied):
    return {file["dest"]: file for file in pam_files(TABLE, applied)}


def test_what_is_applied_goes_into_its_stack_and_into_what_pam_auth_update_remembers():
    found = files("a.lock", "a.empty")
    rules = [
        {"line": PREAUTH, "place": "first", "profile": "ours"},
        {"line": COUNT, "place": "last", "profile": "ours-last"},
    ]
    options = {"pam_unix.so": {"add": [], "remove": ["nullok"]}}
    assert found["/etc/pam.d/common-auth"]["edit"] == {"pam": {"insert": rules, "options": options}}
    assert found["/var/lib/pam/auth"]["edit"] == {"pam_saved": {"insert": rules}}
    assert {file["on_change"] for file in found.values()} == {"none"}


def test_each_stack_of_the_table_is_named_even_where_nothing_is_applied():
    found = files()
    assert set(found) == {
        "/etc/pam.d/common-auth",
        "/var/lib/pam/auth",
        "/etc/pam.d/common-password",
        "/var/lib/pam/password",
        "/etc/pam.d/su",
    }
    assert found["/etc/pam.d/common-auth"]["edit"] == {"pam": {"insert": [], "options": {}}}


def test_a_rule_without_a_profile_goes_into_its_file_alone():
    found = files("a.su")
    rule = {"line": "auth required pam_wheel.so", "place": "end"}
    assert found["/etc/pam.d/su"]["edit"]["pam"]["insert"] == [rule]
    assert "/var/lib/pam/su" not in found


def test_profiles_are_written_as_pam_auth_update_reads_them_and_not_in_the_place_of_a_packages():
    found = files("a.lock", "a.good")
    assert found["/usr/share/pam-configs/ours"]["content"] == (
        "Name: ours, placed by bongsu\nDefault: yes\nPriority: 1024\n"
        "Auth-Type: Primary\nAuth:\n\trequisite\t\t\tpam_faillock.so preauth\n"
    )
    assert "Priority: 0\n" in found["/usr/share/pam-configs/ours-last"]["content"]
    assert "/usr/share/pam-configs/theirs" not in found


def test_flags_stand_there_or_do_not():
    assert flag_values({"deny": 5, "x": "yes", "y": "no"}, "x", "y", "z") == {"deny": 5, "x": True, "y": None}
    with pytest.raises(KeyError):
        flag_values({"x": "maybe"}, "x")
