"""Render what a role's component would place, through Ansible's own templar and without a host."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.collection_loader import AnsibleCollectionConfig

PROJECT = Path(__file__).parents[2]


@cache
def _loader() -> DataLoader:
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([])
    filter_loader.add_directory(str(PROJECT / "plugins/filter"))
    return DataLoader()


def trusted(value: Any) -> Any:
    """Mark every text of a value as a template, as Ansible marks an inventory's."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {trusted(key): trusted(item) for key, item in value.items()}
    return [trusted(item) for item in value] if isinstance(value, list) else value


def load(path: Path) -> Any:
    return _loader().load_from_file(str(path), trusted_as_template=True) if path.exists() else {}


class Site:
    """An inventory: hosts with their variables, the first of them in group monitors."""

    def __init__(self, monitors: dict[str, str], others: dict[str, str] | None = None, **variables: Any):
        addresses = {**monitors, **(others or {})}
        self.groups = {"all": sorted(addresses), "monitors": list(monitors)}
        self.hostvars = {
            name: {"inventory_hostname": name, "ansible_host": address, **trusted(variables)}
            for name, address in addresses.items()
        }

    def component(self, role: str, host: str, task_file: str = "main") -> dict[str, Any]:
        """Return the arguments of the role's component for the host, each file with its rendered content."""
        directory = PROJECT / "roles" / role
        variables = {
            **load(directory / "defaults/main.yml"),
            **self.hostvars[host],
            **load(directory / "vars/main.yml"),
            "groups": self.groups,
            "hostvars": self.hostvars,
            "role_path": str(directory),
        }
        templar = Templar(loader=_loader(), variables=variables)
        task = next(task for task in load(directory / f"tasks/{task_file}.yml") if "component" in task)
        arguments = templar.template(task["component"])
        return {**arguments, "files": [self._file(directory, file, variables) for file in arguments["files"]]}

    def files(self, role: str, host: str, task_file: str = "main") -> dict[str, str]:
        """Return the content of every file that the component places, by its path."""
        listed = self.component(role, host, task_file)["files"]
        return {file["dest"]: file["content"] for file in listed if file.get("content") is not None}

    def _file(self, directory: Path, file: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if "src" not in file:
            return file
        source = directory / "templates" / file["src"]
        text = trust_as_template(source.read_text(encoding="utf-8"))
        templar = Templar(loader=_loader(), variables=variables)
        content = templar.template(text, escape_backslashes=False, overrides={"trim_blocks": True})
        return {**file, "content": str(content)}


def write(files: dict[str, str], root: Path) -> dict[str, Path]:
    """Write the files below a directory, with the paths in them moved there; return where each one is."""
    placed = {}
    for dest, content in files.items():
        path = root / dest.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace("/etc/", f"{root}/etc/"), encoding="utf-8")
        placed[dest] = path
    return placed
