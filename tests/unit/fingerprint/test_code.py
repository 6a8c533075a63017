"""Every file of the project counts: whatever is changed, added, removed or renamed in it is another code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bongsu.fingerprint import project
from bongsu.fingerprint.canonical import digest
from bongsu.paths import project_root

TREES = ("src/bongsu", "playbooks", "roles", "library", "module_utils", "plugins", "rules")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for tree in TREES:
        shutil.copytree(project_root() / tree, root / tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(project_root() / "ansible.cfg", root)
    return root


def code(root: Path) -> str:
    return digest(project.content(project.code_files(root)))


def test_a_changed_byte_in_any_file_changes_the_fingerprint(copy: Path):
    before = code(copy)
    files = sorted(path for tree in (*TREES, "ansible.cfg") for path in [copy / tree, *(copy / tree).rglob("*")])
    mutated = 0
    for path in filter(Path.is_file, files):
        was = path.read_bytes()
        path.write_bytes(was + b" ")
        assert code(copy) != before, path
        path.write_bytes(was)
        mutated += 1
    assert mutated > 250
    assert code(copy) == before


@pytest.mark.parametrize("tree", TREES)
def test_a_new_a_lost_and_a_renamed_file_change_it(copy: Path, tree: str):
    before = code(copy)
    new = copy / tree / "new" / "file.yml"
    new.parent.mkdir()
    new.write_text("---\n")
    added = code(copy)
    renamed = new.rename(new.with_name("other.yml"))
    assert len({before, added, code(copy)}) == 3
    renamed.unlink()
    new.parent.rmdir()
    assert code(copy) == before


def test_what_python_and_editors_leave_behind_does_not(copy: Path):
    before = code(copy)
    (copy / "src/bongsu/__pycache__").mkdir()
    (copy / "src/bongsu/__pycache__/cli.cpython-311.pyc").write_bytes(b"x")
    (copy / "roles/.prometheus.swp").write_bytes(b"x")
    (copy / "roles/notes~").write_bytes(b"x")
    assert code(copy) == before


def test_code_from_elsewhere_counts_by_what_is_in_it(copy: Path, tmp_path: Path):
    (tmp_path / "filter").mkdir()
    plugin = tmp_path / "filter" / "mine.py"
    plugin.write_text("one = 1\n")
    places = [str(tmp_path / "filter"), str(copy / "plugins/filter")]
    before = project.content(project.code_files(copy, places))
    plugin.write_text("one = 2\n")
    assert project.content(project.code_files(copy, places)) != before


def test_a_link_that_leads_back_ends(tmp_path: Path):
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "again").symlink_to(tmp_path / "roles")
    assert project.code_files(tmp_path) == {}


def test_a_file_written_again_with_the_same_content_is_noticed_within_a_run(tmp_path: Path):
    file = tmp_path / "x"
    file.write_text("same")
    before = project.stamp({"x": file})
    file.unlink()
    file.write_text("same")
    assert project.stamp({"x": file}) != before
