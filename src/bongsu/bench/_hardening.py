"""The security baseline by itself, as site.yml applies it: what its benchmarks run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from bongsu import paths

if TYPE_CHECKING:
    from pathlib import Path

BASELINE = "playbooks/tasks/baseline.yml"  # below the project's root


def roles() -> list[str]:
    """Return the names of the baseline's roles, in the order in which they converge."""
    tasks = yaml.safe_load((paths.project_root() / BASELINE).read_text())
    return [task["ansible.builtin.import_role"]["name"] for task in tasks]


def playbook(directory: Path, profile: str, hosts: str = "all") -> Path:
    """Write the playbook that applies the whole baseline to some hosts, and return where it is."""
    play = {
        "name": "Apply the security baseline",
        "hosts": hosts,
        "gather_facts": False,
        "vars": {"bongsu_profile": profile},
        "tasks": [{"name": "Apply it", "ansible.builtin.import_tasks": str(paths.project_root() / BASELINE)}],
    }
    path = directory / f"baseline-{hosts}-{profile}.yml"
    path.write_text(yaml.safe_dump([play], sort_keys=False))
    return path
