"""The checks that start containers: each role's molecule scenario, and the files of tests/lab."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bongsu.errors import BadInput
from bongsu.testing.checks import Check
from bongsu.testing.tools import environment

if TYPE_CHECKING:
    from pathlib import Path

# Files of tests/lab that take over the same hosts from each other, each leaving them as the next expects them.
TOGETHER = (
    ("test_drift.py", "test_fast_path.py"),
    ("test_upgrades.py", "test_torn_packages.py"),
)
# Files of tests/lab that make the same lab from nothing: it has one name and one network.
NEEDS = {
    "test_pair.py": "pair",
    "test_drift.py": "pair",
    "test_kills.py": "faults",
    "test_lock_outs.py": "faults",
}
# What nothing may run beside, and why.
ALONE = {"test_lock_outs.py": "it measures how long a host is shut to its operator, and bounds that by seconds"}
# About how many minutes alone, on two cores. It decides what begins first and nothing else: a wrong figure
# costs time, not truth.
MINUTES = {
    "tests/lab/test_removal.py": 10.0,
    "tests/lab/test_kills.py": 6.0,
    "tests/lab/test_pair.py": 8.0,
    "tests/lab/test_drift.py": 12.0,
    "tests/lab/test_ca.py": 5.0,
    "tests/lab/test_other_shapes.py": 5.0,
    "tests/lab/test_audit.py": 4.0,
    "tests/lab/test_work_goes_on.py": 3.0,
    "tests/runs": 3.0,
    "roles/service_sandbox": 7.0,
    "roles/file_integrity": 7.0,
    "roles/audit_log": 4.0,
    "roles/accounts": 4.0,
    "roles/security_updates": 4.0,
    "roles/kernel_hardening": 3.0,
    "roles/intrusion_ban": 3.0,
    "roles/firewall": 3.0,
}


def molecule(root: Path, tools: Path, role: str | None) -> list[Check]:
    """Return a scenario a role, or the one of the role asked for."""
    roles = sorted(path.parents[1] for path in (root / "roles").glob("*/molecule/default"))
    if role is not None:
        roles = [path for path in roles if path.name == role]
        if not roles:
            raise BadInput(f"roles/{role} has no molecule scenario")
    env = environment(tools) | {"ANSIBLE_CONFIG": str(root / "ansible.cfg"), "NO_COLOR": "1"}
    return [
        Check(
            f"molecule {path.name}",
            ("molecule", "test"),
            path,
            env,
            in_lane=True,
            minutes=MINUTES.get(f"roles/{path.name}", 0.0),
        )
        for path in roles
    ]


def labs(root: Path, tools: Path, _role: str | None) -> list[Check]:
    """Return a check for each file of tests/lab, or one for several that share a lab."""
    names = sorted(path.name for path in (root / "tests/lab").glob("test_*.py"))
    later = {name for group in TOGETHER for name in group[1:]}
    groups = {group[0]: group for group in TOGETHER}
    return [_lab(root, tools, *groups.get(name, (name,))) for name in names if name not in later]


def _lab(root: Path, tools: Path, name: str, *more: str) -> Check:
    file, *others = (f"tests/lab/{one}" for one in (name, *more))
    return Check(
        " ".join([file, *more]),
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, *others),
        root,
        environment(tools),
        counted=True,
        needs=frozenset({NEEDS[name]} if name in NEEDS else ()),
        in_lane=name == "test_lab_hosts.py",
        alone=ALONE.get(name, ""),
        minutes=MINUTES.get(file, 0.0),
    )
