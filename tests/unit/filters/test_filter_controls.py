"""What a role applies of its table: by profile, by choice, and with the last word to the later control."""

import json
import runpy

import pytest
from ansible.errors import AnsibleFilterError

from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/controls.py"))
chosen_controls, controls_document = FILTERS["_chosen"], FILTERS["controls_document"]
SETS = {"MaxAuthTries": 4, "AllowUsers": [], "Banner": "", "Port": 22}
TABLE = [
    {"id": "ssh.few", "what": "It is so.", "profile": "small", "sets": {"sshd": SETS}},
    {
        "id": "ssh.fewer",
        "what": "It is so.",
        "profile": "strict",
        "sets": {"sshd": {"MaxAuthTries": 3}, "other": {"MaxAuthTries": 5}},
    },
]


def chosen(profile="small", **choices):
    return {one["id"]: one for one in chosen_controls(TABLE, profile, choices, {})}


def test_a_profile_has_its_own_and_what_has_no_value_is_not_set():
    found = chosen(**{"firewall.x": "of another role"})
    assert set(found) == {"ssh.few"}
    assert found["ssh.few"]["sets"] == {"sshd": {"MaxAuthTries": 4, "Port": 22}}


def test_the_role_gives_what_the_table_does_not_say_and_only_where_it_is_applied():
    table = [
        {
            "id": "ssh.a",
            "what": "It is so.",
            "profile": "small",
            "sets": {"sshd": {"Banner": {"given": "banner"}, "Users": {"given": "none"}}},
        },
        {"id": "ssh.b", "what": "It is so.", "profile": "strict", "sets": {"sshd": {"Port": {"given": "no such"}}}},
    ]
    (one,) = chosen_controls(table, "small", {}, {"banner": "/etc/issue.net", "none": []})
    assert one["sets"] == {"sshd": {"Banner": "/etc/issue.net"}}


def test_the_tables_are_those_of_the_roles():
    found = FILTERS["chosen_controls"]("journal", "small", {})
    assert "journal.kept" in {one["id"] for one in found}


@pytest.mark.parametrize("how", [{"profile": "strict"}, {"ssh.fewer": True}])
def test_a_later_control_has_the_last_word(how):
    found = chosen(**how)
    assert found["ssh.few"]["sets"] == {"sshd": {"Port": 22}}
    assert found["ssh.fewer"]["sets"] == {"sshd": {"MaxAuthTries": 3}, "other": {"MaxAuthTries": 5}}


def test_a_waived_control_sets_nothing_and_overrules_nothing():
    found = chosen("strict", **{"ssh.fewer": {"waived": " agents ", "until": "2027-03-31"}})
    assert found["ssh.few"]["sets"] == {"sshd": {"MaxAuthTries": 4, "Port": 22}}
    assert found["ssh.fewer"] | {"sets": {}} == found["ssh.fewer"]
    told = json.loads(controls_document(list(found.values()), "ssh_server"))
    assert told["controls"] == [
        {"id": "ssh.few", "state": "applied", "sshd": {"MaxAuthTries": 4, "Port": 22}},
        {"id": "ssh.fewer", "state": "waived", "reason": "agents", "until": "2027-03-31"},
    ]


@pytest.mark.parametrize(
    ("profile", "choices", "words"),
    [
        ("medium", {}, "'medium' is no profile; write one of: none, small, strict"),
        ("small", {"ssh.fever": True}, "ssh.fever: there is no such control; did you mean 'ssh.fewer'?"),
        ("small", {"ssh.few": False}, "ssh.few: 'False' is no choice"),
        ("small", {"ssh.few": {"until": "2027-03-31"}}, "ssh.few: gives no reason"),
        ("small", {"ssh.few": {"waived": "x"}}, "ssh.few: has no day"),
        ("small", {"ssh.few": {"waived": "x", "until": "2027-02-30"}}, "ssh.few: has no day"),
        ("small", {"ssh.few": {"waived": "x", "until": "2027-03-31", "by": "me"}}, "ssh.few.by: is not known here"),
    ],
)
def test_a_wrong_choice_is_told_with_its_cure(profile, choices, words):
    with pytest.raises(AnsibleFilterError, match=words.replace("?", r"\?")):
        chosen_controls(TABLE, profile, choices, {})


def test_what_is_listed_below_a_unit_is_named_with_it_and_a_later_control_has_the_last_word_there_too():
    table = [
        {
            "id": "box.a",
            "what": "It is so.",
            "profile": "small",
            "sets": {"sandbox": {"a.service": {"UMask": "0022", "User": "a"}}},
        },
        {
            "id": "box.b",
            "what": "It is so.",
            "profile": "small",
            "sets": {"sandbox": {"a.service": {"UMask": "0077", "Devices": []}}},
        },
    ]
    first, second = chosen_controls(table, "small", {}, {})
    assert first["sets"] == {"sandbox": {"a.service/User": "a"}}
    assert second["sets"] == {"sandbox": {"a.service/UMask": "0077"}}
