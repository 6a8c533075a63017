"""What may be written in an inventory: read from the roles' argument specs, so that it is said in one place only."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from bongsu.controls import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_QUOTED = re.compile(r"'(\w+)'")  # in `{{ groups | unconverged('monitors', …) }}`
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Spec = dict[str, Any]  # one option of an argument spec

GROUPS = ("monitors", "log_collectors", "backup_servers", "balancers")

# What no role owns. lab_* is read by the lab alone, and lets one inventory describe both.
TOOLKIT: dict[str, Spec] = {
    "bongsu_address": {"type": "str"},
    "bongsu_package_versions": {"type": "dict"},  # package -> version: installed and held on the hosts that have it
    "bongsu_upgrade": {"type": "bool"},
    "bongsu_full": {"type": "bool"},
    "bongsu_profile": {"type": "str", "choices": ["none", "small", "strict"]},
    "bongsu_controls": {"type": "dict"},  # control -> true, or {waived, until}; judged in controls.py
    "bongsu_operators": {"type": "list", "elements": "str"},  # where people log in from, and the controller
    "bongsu_evidence": {"type": "path"},  # a directory of the controller's; see paths.evidence_dir
    "bongsu_lost_balancers": {"type": "list", "elements": "str"},
    "lab_name": {"type": "str"},
    "lab_subnet": {"type": "str"},
    "lab_units": {"type": "list", "elements": "str"},
    "lab_as_machine": {"type": "bool"},
    "lab_release": {"type": "str", "choices": ["12", "13"]},
}

# Ansible's own, as far as inventories of Debian servers use them; others that begin with ansible_ pass
# unless they nearly match one of these.
_TEXT = (
    "host user connection password ssh_pass become_password become_pass become_user become_method become_exe "
    "become_flags private_key_file ssh_private_key_file ssh_args ssh_common_args ssh_extra_args sftp_extra_args "
    "scp_extra_args ssh_executable ssh_user ssh_host ssh_control_path ssh_transfer_method shell_type "
    "shell_executable remote_tmp python_interpreter module_compression ssh_known_hosts_file"
)
_BOOL = "become pipelining ssh_pipelining host_key_checking ssh_host_key_checking"
_INT = "port ssh_port ssh_timeout timeout ssh_retries"
ANSIBLE: dict[str, Spec] = {
    f"ansible_{name}": {"type": kind}
    for names, kind in ((_TEXT, "str"), (_BOOL, "bool"), (_INT, "int"))
    for name in names.split()
}


@dataclass(frozen=True)
class Schema:
    """Known variables with their specs, and the project's own names that an inventory refers to."""

    specs: dict[str, Spec] = field(default_factory=dict)
    roles: dict[str, dict[str, Spec]] = field(default_factory=dict)  # role -> its main entry point's options
    defaults: dict[str, Any] = field(default_factory=dict)
    role_hosts: dict[str, str] = field(default_factory=dict)  # role -> the group that site.yml gives it to
    probe_modules: dict[str, Any] = field(default_factory=dict)  # the blackbox exporter's, in its own schema
    rules: frozenset[str] = frozenset()  # alerts and recording rules by name
    controls: tuple[str, ...] = ()  # security controls of all roles, by identifier

    @property
    def known(self) -> dict[str, Spec]:
        """Return every variable that something reads."""
        return {**ANSIBLE, **TOOLKIT, **self.specs}


@functools.cache
def load_schema(root: Path) -> Schema:
    """Read the schema of a project: roles/*/meta/argument_specs.yml and defaults, rules, playbooks/site.yml."""
    specs: dict[str, Spec] = {}
    roles: dict[str, dict[str, Spec]] = {}
    defaults: dict[str, Any] = {}
    for file in sorted(root.glob("roles/*/meta/argument_specs.y*ml")):
        entries = (_read(file) or {}).get("argument_specs") or {}
        options = {name: (entry or {}).get("options") or {} for name, entry in entries.items()}
        roles[file.parents[1].name] = dict(options.get("main", {}))
        for entry_options in options.values():
            for name, spec in entry_options.items():
                specs.setdefault(name, spec or {})
    for file in sorted(root.glob("roles/*/defaults/main.y*ml")):
        defaults.update(_read(file) or {})
    blackbox = root / "roles" / "blackbox_exporter" / "vars" / "main.yml"
    return Schema(
        specs=specs,
        roles=roles,
        defaults=defaults,
        role_hosts=_role_hosts(root / "playbooks" / "site.yml"),
        # Private to the role, but the names are what its spec offers to operators.
        probe_modules=(_read(blackbox) if blackbox.is_file() else {}).get("__blackbox_exporter_own_modules") or {},
        rules=_rules(root / "rules"),
        controls=tuple(control["id"] for table in tables(root).values() for control in table),
    )


def _read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader, C or Python


def _role_hosts(site: Path) -> dict[str, str]:
    """Return the group that each role is for: the one that the `hosts:` of its play name first."""
    found: dict[str, str] = {}
    for play in (_read(site) if site.is_file() else None) or []:
        hosts = str(play.get("hosts", "all"))
        quoted = _QUOTED.search(hosts)
        group = quoted[1] if quoted else hosts
        for role in _roles_of([play], site.parent):
            if group == "all" or role not in found:
                found[role] = group
    return found


def _roles_of(entries: list[dict[str, Any]], directory: Path) -> Iterator[str]:
    """Yield the roles that plays, or tasks, converge: those listed, and those of the files that are read in."""
    for entry in entries:
        for listed in entry.get("roles") or []:
            yield str((listed.get("role") or listed.get("name")) if isinstance(listed, dict) else listed)
        role = entry.get("ansible.builtin.import_role") or {}
        if role and "tasks_from" not in role:
            yield str(role["name"])
        file = entry.get("ansible.builtin.import_tasks") or entry.get("ansible.builtin.include_tasks")
        if file:
            path = directory / (file["file"] if isinstance(file, dict) else file)
            yield from _roles_of(_read(path) or [], path.parent)
        yield from _roles_of(entry.get("tasks") or [], directory)


def _rules(folder: Path) -> frozenset[str]:
    """Return the names of all alerts and recording rules in rules/*.yml."""
    return frozenset(
        rule.get("alert") or rule.get("record")
        for file in sorted(folder.glob("*.y*ml"))
        for group in (_read(file) or {}).get("groups") or []
        for rule in group.get("rules") or []
    )
