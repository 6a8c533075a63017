"""Find and read the files of an inventory, decrypted: the part of the check that touches the disk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu.inventory.model import Problem
from bongsu.inventory.scan import Scan, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ansible.parsing.dataloader import DataLoader

    from bongsu.inventory.scan import Kind

# Ansible takes the first of these that exists and does not look at the others (DataLoader.find_vars_files).
_VARS_SUFFIXES = ("", ".yml", ".yaml", ".json")
_INVENTORY_SUFFIXES = (".yml", ".yaml", ".json")
_VARS_FOLDERS: dict[str, Kind] = {"group_vars": "group", "host_vars": "host"}
_VAULT_HEADER = b"$ANSIBLE_VAULT"
_NO_PASSWORD = "give its password with --vault-password-file FILE, or set ANSIBLE_VAULT_PASSWORD_FILE"  # noqa: S105 - a hint, no password
_BAD_PASSWORD = "the vault password given does not open it; give the one that it was encrypted with"  # noqa: S105 - a hint, no password


def shown(path: Path | str) -> str:
    """Name a file as the operator would: relative to the current directory when it is below it."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, and show a name nobody wrote
    here = Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def is_host_list(source: Path) -> bool:
    """Tell whether a source is a list of hosts, such as `-i web1,`: no file, and nothing to read."""
    return "," in str(source) and not source.exists()


def read_sources(sources: Sequence[Path], loader: DataLoader) -> Scan:
    """Scan every YAML file that Ansible would read for these sources; problems are in the result."""
    scan = Scan()
    seen: set[Path] = set()
    for source in sources:
        if is_host_list(source):
            continue
        if not source.exists():
            scan.problems.append(Problem(shown(source), "", "there is no such inventory; `bongsu init` makes one"))
            continue
        if source.is_dir() and not any(map(_is_inventory, source.iterdir())):
            scan.problems.append(Problem(shown(source), "", "has no host file; write hosts.yml"))
        base = source if source.is_dir() else source.parent
        for path, kind, scope in (*_inventories(source), *_vars_files(base, scan)):
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            text, encrypted = _read(path, loader, scan)
            if text is not None:
                scan.read(SourceFile(shown(path), kind, scope, text, encrypted))
    return scan


def _inventories(source: Path) -> Iterator[tuple[Path, Kind, str]]:
    """Yield the YAML inventory files of a source; scripts and INI files are left to Ansible."""
    if source.is_dir():
        for entry in sorted(source.iterdir()):
            if _is_inventory(entry):
                yield from _inventories(entry)
    elif source.suffix in _INVENTORY_SUFFIXES and not os.access(source, os.X_OK):
        yield source, "inventory", ""


def _is_inventory(entry: Path) -> bool:
    """Say whether Ansible would look for hosts in a directory's entry."""
    return entry.name not in _VARS_FOLDERS and not re.search(r"^\.|~$|^vars_plugins$", entry.name)


def _vars_files(base: Path, scan: Scan) -> Iterator[tuple[Path, Kind, str]]:
    """Yield (file, kind, group or host) below group_vars and host_vars."""
    for folder, kind in _VARS_FOLDERS.items():
        entries = [entry for entry in _listing(base / folder) if entry.suffix in _VARS_SUFFIXES or entry.is_dir()]
        chosen: dict[str, Path] = {}
        for entry in sorted(entries, key=_choice):
            name = entry.name if entry.is_dir() else entry.name.removesuffix(_known_suffix(entry))
            first = chosen.setdefault(name, entry)
            if first is entry:
                yield from ((path, kind, name) for path in _below(entry))
            else:
                message = f"is not read, because {shown(first)} exists; move its variables there"
                scan.problems.append(Problem(shown(entry), "", message))


def _choice(entry: Path) -> tuple[int, str]:
    """Order entries so that the one Ansible takes comes first."""
    suffix = "" if entry.is_dir() else _known_suffix(entry)
    return _VARS_SUFFIXES.index(suffix), entry.name


def _known_suffix(entry: Path) -> str:
    return entry.suffix if entry.suffix in _VARS_SUFFIXES else ""


def _below(entry: Path) -> Iterator[Path]:
    if not entry.is_dir():
        yield entry
        return
    for child in _listing(entry):
        if child.is_dir() and not child.suffix:
            yield from _below(child)
        elif child.is_file() and child.suffix in _VARS_SUFFIXES:
            yield child


def _listing(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(e for e in folder.iterdir() if not e.name.startswith(".") and not e.name.endswith("~"))


def _read(path: Path, loader: DataLoader, scan: Scan) -> tuple[str | None, bool]:
    """Return the file's text, decrypted, and whether it was encrypted; (None, …) after noting why not."""
    try:
        content = path.read_bytes()
    except OSError as error:
        scan.problems.append(Problem(shown(path), "", f"cannot be read ({error.strerror}); check its mode and owner"))
        return None, False
    encrypted = content.startswith(_VAULT_HEADER)
    if encrypted:
        from ansible.errors import AnsibleError

        try:
            # The loader's own reading, so that whatever opens the file for Ansible opens it here.
            return str(loader.get_text_file_contents(str(path.absolute()))), True
        except AnsibleError:
            cure = _BAD_PASSWORD if loader._vault.secrets else _NO_PASSWORD
            scan.problems.append(Problem(shown(path), "", f"is encrypted with ansible-vault; {cure}"))
            return None, True
    try:
        return content.decode(), False
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        scan.problems.append(Problem(shown(path), "", "is not UTF-8 text; save it as UTF-8", line))
        return None, False
