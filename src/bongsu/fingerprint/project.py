"""What decides a host's state beside the inventory: the project's files, versions and settings of what runs them."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import bongsu
from bongsu.paths import project_root

_TREES = ("playbooks", "roles", "library", "module_utils", "plugins", "rules", "ansible.cfg")
_DISTRIBUTIONS = ("ansible-core", "jinja2", "pyyaml", "cryptography", "bcrypt")
_INVENTORY_FOLDERS = ("group_vars", "host_vars", "files", "templates")
# Seconds that Ansible surely takes to load before it reads anything: more than a clock tick, which is all that is known
# of its start, and so what was written just before it is not taken for written after it.
_LOADING = 0.05
_ROLE_VARIABLES_FILE = re.compile(r"roles/[^/]+/(defaults|vars)/.+\.ya?ml\Z")
_ROLE_VARIABLE = re.compile(r"^([A-Za-z_]\w*):", re.MULTILINE)

# Settings of Ansible's that change what a run does to a host; paths among them may bring code of others.
SETTINGS = (
    "DEFAULT_HASH_BEHAVIOUR",
    "DEFAULT_JINJA2_EXTENSIONS",
    "INJECT_FACTS_AS_VARS",
    "DEFAULT_GATHERING",
    "VARIABLE_PRECEDENCE",
    "PLAYBOOK_VARS_ROOT",
    "VARIABLE_PLUGINS_ENABLED",
    "INTERPRETER_PYTHON",
    "DEFAULT_BECOME",
    "DEFAULT_BECOME_METHOD",
    "DEFAULT_BECOME_USER",
    "DEFAULT_REMOTE_USER",
)
PATH_SETTINGS = (
    "DEFAULT_ROLES_PATH",
    "DEFAULT_MODULE_PATH",
    "DEFAULT_MODULE_UTILS_PATH",
    "DEFAULT_ACTION_PLUGIN_PATH",
    "DEFAULT_FILTER_PLUGIN_PATH",
    "DEFAULT_TEST_PLUGIN_PATH",
    "DEFAULT_LOOKUP_PLUGIN_PATH",
    "DEFAULT_VARS_PLUGIN_PATH",
)


def code_files(root: Path | None = None, more: Iterable[str] = ()) -> dict[str, Path]:
    """Return every file of the project that a run may read, by a name that is the same wherever the project lies.

    ``more`` names directories of Ansible's settings; those outside the project count by their whole path.
    """
    home = root or project_root()
    package = home / "src" / "bongsu" if root else Path(bongsu.__file__).parent
    found = {f"src/{name}": path for name, path in _below(package)}
    for tree in _TREES:
        found |= {f"{tree}/{name}": path for name, path in _below(home / tree)}
    for directory in sorted({os.path.realpath(path) for path in more}):
        if not Path(directory).is_relative_to(home.resolve()):
            found |= {f"{directory}/{name}": path for name, path in _below(Path(directory))}
    return found


def inventory_files(sources: Iterable[str]) -> dict[str, Path]:
    """Return the files that lie with an inventory, for a template to read: all of its directory's but hidden ones.

    Of a source that is a file, its neighbours may be anything: only what Ansible and roles look for counts.
    """
    found: dict[str, Path] = {}
    for number, source in enumerate(sources):
        path = Path(source)
        folders = [path] if path.is_dir() else [path, *(path.parent / name for name in _INVENTORY_FOLDERS)]
        for folder in folders:
            name = "" if folder is path else folder.name
            found |= {f"{number}/{name}/{below}": file for below, file in _below(folder)}
    return found


def _below(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name below the path, path) of each file, links followed; bytecode, editors' files and git's are none."""
    if path.is_file():
        yield "", path
    seen: set[str] = set()  # a link may lead back up
    for directory, folders, files in os.walk(path, followlinks=True):
        if (real := os.path.realpath(directory)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not (name.startswith(".") or name == "__pycache__")]
        for name in files:
            if not name.startswith(".") and not name.endswith(("~", ".pyc")):
                file = Path(directory, name)
                yield str(file.relative_to(path)), file


def content(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the SHA-256 of each file's content, in order of name."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(files.items())}


def stamp(files: Mapping[str, Path]) -> dict[str, list[int]]:
    """Return what changes with any write to a file: its number, its size, and the times of its last changes."""
    stats = {name: path.stat() for name, path in sorted(files.items())}
    return {name: [s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns] for name, s in stats.items()}


def templates_text(files: Mapping[str, Path]) -> str:
    """Return everything in site.yml, its tasks and its roles that Ansible may render, as one text."""
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for name, path in sorted(files.items())
        if name.startswith(("playbooks/site.yml", "playbooks/tasks/", "roles/")) and "/molecule/" not in name
    ]
    return "\n".join(texts)


def role_variables(files: Mapping[str, Path]) -> dict[str, list[Path]]:
    """Return the variables that roles define, each with the files that do: whatever their value, it is in the code."""
    found: dict[str, list[Path]] = {}
    for file, path in sorted(files.items()):
        if _ROLE_VARIABLES_FILE.match(file):
            for name in _ROLE_VARIABLE.findall(path.read_text(encoding="utf-8", errors="replace")):
                found.setdefault(name, []).append(path)
    return found


def run_began() -> float:
    """Return the moment before which the Ansible run that this worker is of has read nothing, in seconds since 1970.

    Where the system does not tell (it is no Linux), now less a minute: what is younger may have come too late.
    """
    try:  # proc(5), field 22 of stat: the start of a process in clock ticks since boot
        ticks = int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return time.time() - 60
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time() - since_boot + ticks / os.sysconf("SC_CLK_TCK") + _LOADING


def versions() -> dict[str, str]:
    """Return the versions of everything that renders templates and carries out tasks."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in _DISTRIBUTIONS}


def settings() -> dict[str, Any]:
    """Return Ansible's settings and options that decide what a run does, and the directories it takes code from."""
    from ansible import constants, context

    chosen: dict[str, Any] = {name: constants.config.get_config_value(name) for name in SETTINGS}
    for option in ("remote_user", "connection", "become", "become_method", "become_user"):
        chosen[option] = context.CLIARGS.get(option)
    return chosen


def code_directories() -> list[str]:
    """Return the directories in which Ansible looks for roles, modules and plugins."""
    from ansible import constants

    found = [constants.config.get_config_value(name) for name in PATH_SETTINGS]
    return [str(path) for paths in found for path in (paths or [])]
