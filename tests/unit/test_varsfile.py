"""Changing one variable in a file that a person keeps."""

import pytest
import yaml

from bongsu import varsfile
from bongsu.errors import BadInput

KEPT = """\
---
# Ours, since 2024.
first: 1   # why

cert: |
  -----BEGIN-----
  # not a comment

  -----END-----

# About the last one.
last:
- a
# between
- b
"""
CERT = varsfile.as_yaml({"cert": "new\nlines\n"})


def read(text):
    return yaml.safe_load(text)


def test_a_value_is_replaced_and_every_other_line_stays():
    changed = varsfile.put(KEPT, "cert", CERT)
    old = "cert: |\n  -----BEGIN-----\n  # not a comment\n\n  -----END-----\n"
    assert changed == KEPT.replace(old, "cert: |\n  new\n  lines\n")
    assert read(changed) == {**read(KEPT), "cert": "new\nlines\n"}


def test_a_missing_variable_is_added_below_the_one_named():
    changed = varsfile.put(KEPT, "more", "# why\nmore:\n  - x\n", after="cert")
    assert changed == KEPT.replace("-----END-----\n", "-----END-----\n# why\nmore:\n  - x\n")


def test_what_was_added_is_taken_out_with_its_comment():
    changed = varsfile.put(KEPT, "more", "# why\nmore:\n  - x\n", after="cert")
    assert varsfile.drop(changed, "more", "# why") == KEPT
    assert varsfile.drop(KEPT, "more") == KEPT


@pytest.mark.parametrize("written", ["---\n", "denied: []\n", "denied:\n", "# nothing yet\n", ""])
def test_a_list_begins(written):
    assert read(varsfile.append(written, "denied", {"name": "web7"})) == {"denied": [{"name": "web7"}]}


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_a_list_grows_in_its_own_style(indent):
    written = (
        f"a: 1\ndenied:\n{indent}- name: web1  # broken into\n{indent}# and\n{indent}- {{name: web2}}\n# end\nb: 2\n"
    )
    changed = varsfile.append(written, "denied", {"name": "web7", "since": "2026-11-23"})
    added = f"{indent}- name: web7\n{indent}  since: '2026-11-23'\n"
    assert changed == written.replace("# end\n", f"{added}# end\n")


def test_a_variable_of_a_group_in_the_inventory_itself_is_changed_in_its_place():
    written = "all:\n  vars:\n    # ours\n    cert: |\n      old\n    other: 1\n  hosts: {web1: {}}\n"
    changed = varsfile.put(written, "cert", CERT)
    assert changed == written.replace("      old\n", "      new\n      lines\n")


def test_a_value_encrypted_by_itself_stays_so():
    written = "key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3036\nother: 1\n"
    changed = varsfile.put(written, "key", varsfile.sealed("key", "$ANSIBLE_VAULT;1.1;AES256\n3737"))
    assert changed == "key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3737\nother: 1\n"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{cert: old, b: 2}\n", "so that it can be changed without touching more"),
        ("a: {cert: old}\nb: 2\n", "so that it can be changed without touching more"),
        ("cert: old\nb:\n  cert: other\n", "written 2 times"),
        ("b: 2\n", "not written there"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(written, said):
    with pytest.raises(BadInput, match=said):
        varsfile.put(written, "cert", CERT)


def test_a_file_without_a_last_newline_gets_one():
    assert varsfile.put("cert: old", "cert", CERT) == CERT
