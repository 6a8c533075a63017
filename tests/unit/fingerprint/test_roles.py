"""What site.yml does is only what the fast path knows of: nothing looks around by itself, nothing goes unverified."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bongsu.fingerprint.templates import may_be_template, read
from bongsu.inventory.words import words
from bongsu.paths import project_root

ROOT = project_root()
SITE = ROOT / "playbooks/site.yml"
# Expressions whose value may change while nothing of the fingerprint does, and why they do no harm.
KNOWN_MOVING = {
    "__prometheus_rule_paths": "reads the project's own rules, which are code",
    "__prometheus_project_rules": "reads the project's own rules, which are code",
    "__prometheus_kept_directory": "is read when a monitor is decommissioned, and by nothing else",
}
# Ansible's own variables that roles read, and why a change of one from run to run does no harm.
KNOWN_OF_ANSIBLE = {
    "ansible_user": "is the inventory's, and counted like any other",
    "ansible_port": "is the inventory's, and counted like any other",
    "ansible_connection": "is the inventory's, and counted like any other",
    "ansible_facts": "are counted, or turn the fast path off",
    "ansible_play_hosts": "of a retired authority, with which none is written down; of targets, each noted by itself",
    "ansible_play_hosts_all": "of who asks something, which ends the run",
    "ansible_run_tags": "is asked by the fast path itself",
    "ansible_check_mode": "no run in check mode is written down",
}
# What a task may do and still be passed over. For any other: make it a component, or have its action say what the
# host's state hangs on (bongsu.fingerprint.notes), and add it here with the reason.
SAFE_ACTIONS = {
    "component": "verified by its manifest",
    "components": "verified by their manifests",
    "host_certificate": "notes the key and the day of renewal",
    "monitor_ready": "changes nothing",
    "firewall_look": "changes nothing but a file that the component verifies",
    "ssh_logins": "changes nothing",
    "sandbox_look": "changes nothing",
    "host_state": "is the fast path",
    "fast_path": "is the fast path",
    "seal": "is the fast path",
    "check_inventory": "is done in every run",
    "ansible.builtin.assert": "changes nothing",
    "ansible.builtin.debug": "changes nothing",
    "ansible.builtin.setup": "changes nothing; a fact that is read counts, or turns the fast path off",
    "ansible.builtin.import_role": "what it imports is judged",
    "ansible.builtin.import_tasks": "what it imports is judged",
    "ansible.builtin.include_tasks": "what it includes is judged",
}
FILTERS = {
    name
    for path in (ROOT / "plugins/filter").glob("*.py")
    for name in runpy.run_path(str(path))["FilterModule"]().filters()
}
LOOKING_AROUND = words("os sys time datetime random secrets uuid pathlib io glob shutil subprocess socket urllib")
_KEYWORDS = {
    *("name", "when", "tags", "register", "loop", "loop_control", "delegate_to", "run_once", "vars", "block", "always"),
    *("ignore_unreachable", "failed_when", "changed_when", "check_mode", "no_log", "become", "apply", "rescue"),
}
_BARE = ("when", "that", "failed_when", "changed_when", "until")  # expressions without braces


def task_files() -> list[Path]:
    """Return the files of tasks that site.yml comes to."""
    waiting = [SITE]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for task in tasks_of(_read(path)):
            role = task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role")
            file = task.get("ansible.builtin.import_tasks") or task.get("ansible.builtin.include_tasks")
            if role:
                waiting.append(ROOT / "roles" / role["name"] / "tasks" / f"{role.get('tasks_from', 'main')}.yml")
            if file:
                waiting.append(path.parent / (file if isinstance(file, str) else file["file"]))
    return sorted(found - {SITE})


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def tasks_of(document: Any) -> Iterator[dict[str, Any]]:
    for entry in document or []:
        for part in ("pre_tasks", "tasks", "post_tasks", "block", "rescue", "always"):
            yield from tasks_of(entry.get(part))
        if "hosts" not in entry:
            yield entry


def expressions(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield (the variable or keyword that it is below, expression)."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from expressions(item, str(key) if not name or key in _BARE else name)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item, name)
    elif isinstance(value, str):
        if may_be_template(value):
            yield name, value
        elif name in _BARE:
            yield name, "{{ " + value + " }}"


@pytest.mark.parametrize("path", [*task_files(), SITE], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_task_is_one_that_may_be_passed_over(path: Path):
    for task in tasks_of(_read(path)):
        actions = set(task) - _KEYWORDS
        assert actions <= SAFE_ACTIONS.keys(), f"{path}: {task.get('name')}"


def test_no_expression_of_a_role_looks_at_anything_that_is_not_counted():
    files = [*ROOT.glob("roles/*/defaults/*.yml"), *ROOT.glob("roles/*/vars/*.yml"), *task_files(), SITE]
    moving = {
        (name, reason) for path in files for name, text in expressions(_read(path)) for reason in unexplained(text)
    }
    assert {name for name, _ in moving} <= KNOWN_MOVING.keys(), moving


def test_no_template_file_does_either():
    for path in ROOT.glob("roles/*/templates/*.j2"):
        assert unexplained(path.read_text()) == [], path


def test_no_role_reads_what_differs_from_run_to_run():
    texts = [path.read_text() for path in ROOT.glob("roles/*/templates/*.j2")]
    files = [*ROOT.glob("roles/*/defaults/*.yml"), *ROOT.glob("roles/*/vars/*.yml"), *task_files(), SITE]
    texts += [text for path in files for _, text in expressions(_read(path))]
    names = {name for text in texts for name in read(text).names if name.startswith("ansible_")}
    assert names <= KNOWN_OF_ANSIBLE.keys()


def unexplained(text: str) -> list[str]:
    """Say why an expression may move, but for the project's own filters: those are code, judged below."""
    return [reason for reason in read(text).moving if reason not in {f"uses the filter {name}" for name in FILTERS}]


@pytest.mark.parametrize("path", sorted((ROOT / "plugins/filter").glob("*.py")), ids=lambda path: path.stem)
def test_a_filter_of_the_project_cannot_look_at_anything(path: Path):
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in imported} & LOOKING_AROUND
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"open", "input", "exec", "eval", "__import__"}
