"""How the kernel was set before bongsu set it: kept at first, given back for what is no longer wanted.

A setting has no file to restore, and most come from no file at all: without this, what a waived control had set would
stay until the next boot.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from . import controls, host
from .component.store import CONTROLS, DEFAULT
from .effective import sysctl

RECORD = Path(DEFAULT) / "kernel.json"


def main(*, give_back: bool) -> int:
    """Keep what is about to be set and give back what is not wanted any more, or give all back."""
    record = _read()
    wanted = [] if give_back else _wanted()
    kept = {path: value for path, value in record.items() if path in wanted}
    for path, value in record.items():
        if path not in kept:
            _write(path, value)
    for path in wanted:
        original = None if path in kept else _original(path, record)
        if original is not None:
            kept[path] = original
    if not kept:
        RECORD.unlink(missing_ok=True)
    elif kept != record:
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        host.replace(str(RECORD), (json.dumps(kept, indent=1) + "\n").encode(), mode=0o600)
    return 0


def _wanted() -> list[str]:
    """List the files of all settings that some control of this host sets, in the order in which they are set."""
    documents = sorted(Path(CONTROLS).glob("*.json"))
    known = [one for path in documents for one in controls.read(path.read_text(encoding="utf-8"), str(path))[1]]
    names = [name for one in known for name in one.get("sysctl", {})]
    return list(dict.fromkeys(path for name in names for path in sysctl.paths(name)))


def _original(path: str, record: dict[str, str]) -> str | None:
    """Read a setting; an interface that came later has what was ours from the beginning: its kind's default counts."""
    general = os.path.join(os.path.dirname(os.path.dirname(path)), "default", os.path.basename(path))
    if general in record:
        return record[general]
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:  # it went away, or cannot be read: then nobody can say how it was
        return None


def _read() -> dict[str, str]:
    try:
        return dict(json.loads(RECORD.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError:  # spoiled: the next boot gives back what it held
        sys.stderr.write(f"bongsu: {RECORD} cannot be read; settings are given back at the next boot\n")
        return {}


def _write(path: str, value: str) -> None:
    try:
        if Path(path).read_text(encoding="utf-8").strip() != value:
            Path(path).write_text(value + "\n", encoding="utf-8")
    except FileNotFoundError:  # of an interface that is gone
        return
    except OSError as error:  # some only ever get stricter; in a container many belong to the machine
        sys.stderr.write(f"bongsu: {path} stays as it is until the next boot: {error.strerror}\n")
