"""Prints everything that a change can leave on a host, as one JSON document: run on the host, standard library only.

Argument: a JSON document {roots, skip, hashed, units, urls}. Below each of ``roots`` every path is listed, but for
those below ``skip``; files below ``hashed`` count by content, others by size. ``units`` are asked for by name, or all
where it is null. Each of ``urls`` is read a few times: a daemon may have an old worker left.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STATE = Path("/var/lib/bongsu")
AUTOMATIC = Path("/var/lib/apt/extended_states")
ASKED = 3


def walk(root: str, skip: tuple[str, ...]) -> Iterator[str]:
    """Name every path below a root, itself included, without following links."""
    if root in skip or not os.path.lexists(root):
        return
    yield root
    if os.path.isdir(root) and not os.path.islink(root):
        for name in sorted(os.listdir(root)):
            yield from walk(os.path.join(root, name), skip)


def describe(path: str, *, hashed: bool) -> list[str]:
    """Give a path's kind, owner, group, mode, and its content: a digest or a size, a link's target."""
    status = os.lstat(path)
    kind, content = "other", ""
    if stat.S_ISREG(status.st_mode):
        kind, content = "file", str(status.st_size)
        if hashed:
            content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    elif stat.S_ISDIR(status.st_mode):
        kind = "directory"
    elif stat.S_ISLNK(status.st_mode):
        kind, content = "link", os.readlink(path)
    return [kind, user(status.st_uid), group(status.st_gid), f"{stat.S_IMODE(status.st_mode):04o}", content]


def user(number: int) -> str:
    """Name a user, or give the number of one that is gone."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group(number: int) -> str:
    """Name a group, or give the number of one that is gone."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def paths(roots: list[str], skip: list[str], hashed: list[str]) -> dict[str, list[str]]:
    """Describe every path below the roots; one that vanishes meanwhile is left out."""
    found = {}
    below = tuple(name if name == "/" else f"{name}/" for name in hashed)
    for root in roots:
        for path in walk(root, tuple(skip)):
            try:
                found[path] = describe(path, hashed=path in hashed or path.startswith(below))
            except FileNotFoundError:
                continue
    return found


def ask(*argv: str) -> str:
    """Run a command and return what it printed, whatever its exit status."""
    return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout


def units(names: list[str] | None) -> dict[str, str]:
    """Give each unit's state: how it is enabled, and whether it is active."""
    listed = dict(
        line.split()[:2] for line in ask("systemctl", "list-unit-files", "--plain", "--no-legend").splitlines()
    )
    if names is None:
        loaded = ask("systemctl", "list-units", "--all", "--plain", "--no-legend").splitlines()
        names = sorted({*listed, *(line.split()[0] for line in loaded)})
        names = [name for name in names if "@." not in name]  # a template has no state
    active = ask("systemctl", "show", "--property=ActiveState", "--value", "--", *names).split()
    return {name: f"{listed.get(name, '-')} {state}" for name, state in zip(names, active, strict=True)}


def read(url: str) -> list[str]:
    """Give the different answers of a page: its text, or what went wrong."""
    answers = set()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(ASKED):
        try:
            answers.add(opener.open(url, timeout=5).read().decode(errors="replace").strip())
        except urllib.error.HTTPError as error:
            answers.add(f"status {error.code}")
        except OSError as error:
            answers.add(f"no answer: {getattr(error, 'reason', error)}")
    return sorted(answers)


def automatic() -> list[str]:
    """Name what apt keeps only while something needs it; `apt-mark` would read all that a mirror has for that."""
    stanzas = AUTOMATIC.read_text().split("\n\n") if AUTOMATIC.exists() else []
    return [stanza.split(None, 2)[1] for stanza in stanzas if "\nAuto-Installed: 1" in stanza]


def journals() -> dict[str, list[str]]:
    """Give the open journals, and the leftovers of some that were never opened."""
    every = sorted((STATE / "journal").glob("*")) if STATE.is_dir() else []
    is_open = [path.name for path in every if (path / "journal.json").exists()]
    return {"open": is_open, "never_opened": [path.name for path in every if path.name not in is_open]}


def main() -> None:
    """Look, and print."""
    wanted: dict[str, Any] = json.loads(sys.argv[1])
    shown = "--showformat=${binary:Package} ${Package} ${db:Status-Want} ${Version} ${db:Status-Status}\\n"
    packages = [line.split(" ", 3) for line in ask("dpkg-query", "--show", shown).splitlines()]
    undoing = ask("systemctl", "list-units", "--all", "--plain", "--no-legend", "bongsu-undo-*")
    found = {
        "paths": paths(wanted["roots"], wanted["skip"], wanted["hashed"]),
        "packages": {name: rest for name, _, _, rest in packages},
        "automatic": sorted({name for _, name, _, _ in packages}.intersection(automatic())),
        "held": [name for name, _, want, _ in packages if want == "hold"],
        "audit": ask("dpkg", "--audit").strip(),
        "units": units(wanted["units"]),
        "answers": {url: read(url) for url in wanted["urls"]},
        "system": ask("systemctl", "is-system-running").strip(),
        "failed": [line.split()[0] for line in ask("systemctl", "--failed", "--plain", "--no-legend").splitlines()],
        "journals": journals(),
        "undoing": [line.split()[0] for line in undoing.splitlines()],
        "manifests": {
            path.stem: json.loads(path.read_text()) for path in sorted((STATE / "components").glob("*.json"))
        },
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
