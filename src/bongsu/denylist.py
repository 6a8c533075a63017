"""The names that get no certificate any more, kept in the inventory."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bongsu import durable, varsfile
from bongsu.authority import read_definitions
from bongsu.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

DENIED = "host_certificate_denied"
FILE = "denied.yml"
HEAD = """\
# Names that get no certificate any more. `bongsu decommission` adds to them; to use one again, take its entry out.
---
"""


def deny(sources: Sequence[Path], vault_password_file: Path | None, name: str) -> Path | None:
    """Add a name to the inventory's list; return the file that changed, None when the name was there already."""
    _loader, definitions = read_definitions(sources, vault_password_file)
    found = [one for one in definitions if one.variable == DENIED]
    if len(found) > 1:
        raise BadInput(f"{DENIED} is written in {' and '.join(one.file for one in found)}; keep one of them")
    if found and (found[0].encrypted or found[0].scope != "all"):
        raise BadInput(f"{found[0].file}: {DENIED} belongs into a file for all hosts that is not encrypted")
    if found and name in _names(found[0].node):
        return None
    file = Path(found[0].file).resolve() if found else _own_file(sources)
    text = file.read_text(encoding="utf-8") if file.exists() else HEAD
    entry = {"name": name, "since": dt.datetime.now(dt.UTC).date().isoformat()}
    durable.replace(file, varsfile.append(text, DENIED, entry))
    return file


def groups(sources: Sequence[Path], vault_password_file: Path | None) -> dict[str, set[str]]:
    """Return the inventory's groups, each with the names of its hosts."""
    from ansible.inventory.manager import InventoryManager

    loader, _definitions = read_definitions(sources, vault_password_file)
    manager = InventoryManager(loader, sources=[str(source.absolute()) for source in sources])
    return {name: {host.name for host in group.get_hosts()} for name, group in manager.groups.items()}


def _names(node: yaml.Node) -> set[str]:
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    pairs = [pair for item in items if isinstance(item, yaml.MappingNode) for pair in item.value]
    return {str(value.value) for key, value in pairs if key.value == "name"}


def _own_file(sources: Sequence[Path]) -> Path:
    """Return a new file's path, in a place where it hides no other: `all.yml` is not read beside a directory `all`."""
    folders = [(source if source.is_dir() else source.parent) / "group_vars" for source in sources]
    for folder in folders:
        if (folder / "all").is_dir():
            return folder / "all" / FILE
    for folder in folders:
        if not any((folder / f"all{suffix}").exists() for suffix in ("", ".yml", ".yaml", ".json")):
            (folder / "all").mkdir(parents=True)
            return folder / "all" / FILE
    raise BadInput(f"{folders[0]}: make it a directory {folders[0]}/all with the file all.yml in it as main.yml")
