import runpy
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

component_files = runpy.run_path(str(Path(__file__).parents[3] / "plugins/filter/files.py"))["component_files"]


def test_text_is_written_as_it_is_with_a_newline_at_its_end():
    assert component_files({"b": "two\n", "a": "one"}, "/etc/x") == [
        {"dest": "/etc/x/a", "content": "one\n"},
        {"dest": "/etc/x/b", "content": "two\n"},
    ]


def test_values_are_written_as_yaml_in_their_own_order():
    (entry,) = component_files({"a": {"z": 1, "b": ["c"]}}, "/etc/x", ".yml")
    assert entry["dest"] == "/etc/x/a.yml"
    assert entry["content"].endswith("z: 1\nb:\n- c\n")


def test_settings_go_to_every_entry_and_others_come_first():
    first = {"dest": "/etc/x", "state": "directory"}
    entries = component_files({"a": "1"}, "/etc/x", settings={"mode": "0640"}, after=[first])
    assert entries == [first, {"mode": "0640", "dest": "/etc/x/a", "content": "1\n"}]


def test_nothing_gives_nothing():
    assert component_files({}, "/etc/x") == []
    assert component_files(None, "/etc/x") == []


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".hidden", "a b"])
def test_a_name_that_is_no_file_s_is_refused(name):
    with pytest.raises(AnsibleFilterError, match="cannot name a file"):
        component_files({name: "1"}, "/etc/x")
