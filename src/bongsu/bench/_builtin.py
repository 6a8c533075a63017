"""The same end state as plain builtin tasks: a playbook generated from the manifests of the hosts.

It is what an experienced person would write, and leans to that side wherever there is a choice:

- One task a kind and part: one `apt` with all the packages, a loop over directories, a loop over files, a loop over
  units. A loop's item is a round trip like a task, but waits for no other host.
- A path that several components want appears once, and all targets that hosts leave on a monitor are one loop.
- Files are `copy` from disk: what `template` does, without the rendering.
- No validation and no health probe: a handler's business, and no handler runs where nothing changes. No `update_cache`.
- Nothing for the host's key and its certificate's signature, nor for the toolkit's own component: no such builtin task.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bongsu.lab import Lab

ORDER = ("host_certificate", "node_exporter", "blackbox_exporter", "alertmanager", "prometheus")  # as in site.yml
OWN = "bongsu"  # the component that is the toolkit itself
VARIABLE = "builtin_parts"
TASKS: dict[str, dict[str, Any]] = {
    "packages": {"ansible.builtin.apt": {"name": "{items}", "state": "present", "install_recommends": False}},
    "directories": {
        "ansible.builtin.file": {
            "path": "{{ item.dest }}",
            "state": "directory",
            "owner": "{{ item.owner }}",
            "group": "{{ item.group }}",
            "mode": "{{ item.mode }}",
        },
        "loop": "{items}",
    },
    "files": {
        "ansible.builtin.copy": {
            "src": "{{ inventory_hostname }}{{ item.dest }}",
            "dest": "{{ item.dest }}",
            "owner": "{{ item.owner }}",
            "group": "{{ item.group }}",
            "mode": "{{ item.mode }}",
        },
        "loop": "{items}",
    },
    "absent": {"ansible.builtin.file": {"path": "{{ item }}", "state": "absent"}, "loop": "{items}"},
    "units": {
        "ansible.builtin.systemd_service": {
            "name": "{{ item.name }}",
            "enabled": "{{ item.enabled }}",
            "masked": "{{ item.masked }}",
            "state": "{{ 'started' if item.started else 'stopped' }}",
        },
        "loop": "{items}",
    },
}
_READ = """
import base64, json, pathlib
found = [json.loads(path.read_text()) for path in sorted(pathlib.Path("/var/lib/bongsu/components").glob("*.json"))]
dests = {file["dest"] for manifest in found for file in manifest["files"] if file["state"] == "file"}
contents = {dest: base64.b64encode(pathlib.Path(dest).read_bytes()).decode() for dest in sorted(dests)}
print(json.dumps({"manifests": found, "contents": contents}))
"""

Parts = dict[str, dict[str, list[Any]]]  # by component, then by kind of task: what its loop goes over


@dataclass(frozen=True)
class Deployed:
    """What bongsu has placed on a host: its manifests, and the contents of the files in them."""

    manifests: Sequence[Mapping[str, Any]]
    contents: Mapping[str, bytes]


def read(lab: Lab, host: str) -> Deployed:
    """Read a host's manifests and files."""
    found = json.loads(lab.run(host, ["python3", "-c", _READ], check=True).stdout)
    contents = {dest: base64.b64decode(content) for dest, content in found["contents"].items()}
    return Deployed(found["manifests"], contents)


def parts(manifests: Sequence[Mapping[str, Any]]) -> Parts:
    """Return one host's tasks as data, in the order of site.yml."""
    found: Parts = {}
    seen: set[str] = set()
    for manifest in sorted(manifests, key=lambda manifest: _place(manifest["component"])):
        if manifest["component"] == OWN:
            continue
        part = found.setdefault(_part(manifest["component"]), {kind: [] for kind in TASKS})
        part["packages"] += [package["name"] for package in manifest["packages"]]
        part["units"] += [unit for unit in manifest["units"] if not unit.get("as_found")]  # those are another part's
        for file in manifest["files"]:
            if file["dest"] in seen:
                continue
            seen.add(file["dest"])
            if file["state"] == "absent":
                part["absent"].append(file["dest"])
            else:
                kind = "directories" if file["state"] == "directory" else "files"
                part[kind].append({key: file[key] for key in ("dest", "owner", "group", "mode")})
    return found


def plays(by_host: Mapping[str, Parts]) -> list[dict[str, Any]]:
    """Return the playbook: components in order, those of the same hosts in one play."""
    made: list[dict[str, Any]] = []
    for name in sorted({name for found in by_host.values() for name in found}, key=_place):
        hosts = sorted(host for host, found in by_host.items() if name in found)
        tasks = [
            _task(name, kind) for kind in TASKS if any(found[name][kind] for found in by_host.values() if name in found)
        ]
        if made and made[-1]["hosts"] == hosts:
            made[-1]["tasks"] += tasks
        else:
            made.append({"hosts": hosts, "gather_facts": False, "become": True, "tasks": tasks})
    return made


def write(directory: Path, deployed: Mapping[str, Deployed]) -> tuple[Path, Path]:
    """Write playbook, files and variables; return the playbook and an inventory to add. It holds the hosts' secrets."""
    directory.chmod(0o700)
    by_host = {host: parts(found.manifests) for host, found in deployed.items()}
    inventory = directory / "inventory"
    (inventory / "host_vars").mkdir(parents=True)
    (inventory / "hosts.yml").write_text("all: {}\n")
    for host, found in by_host.items():
        (inventory / "host_vars" / f"{host}.yml").write_text(yaml.safe_dump({VARIABLE: found}))
        for dest, content in deployed[host].contents.items():
            copy = directory / "files" / host / dest.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
    playbook = directory / "builtin.yml"
    playbook.write_text(yaml.safe_dump(plays(by_host), sort_keys=False))
    return playbook, inventory


def count(by_host: Mapping[str, Parts]) -> dict[str, int]:
    """Return how many items there are of each kind, over all hosts; packages are one a component."""
    every = [part for found in by_host.values() for part in found.values()]
    items = {kind: sum(len(part[kind]) for part in every) for kind in TASKS}
    return items | {"packages": sum(bool(part["packages"]) for part in every)}


def _task(name: str, kind: str) -> dict[str, Any]:
    """Return a task; `{items}` becomes what it goes over."""
    items = f"{{{{ {VARIABLE}['{name}'].{kind} }}}}"

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {option: filled(word) for option, word in value.items()}
        return items if value == "{items}" else value

    return {"name": f"{name}: {kind}", **filled(TASKS[kind])}


def _part(component: str) -> str:
    """Return the part that a component belongs to: `scrape_target.web1` to `scrape_target`."""
    return component.partition(".")[0]


def _place(component: str) -> tuple[int, str]:
    return (ORDER.index(component) if component in ORDER else len(ORDER), component)
