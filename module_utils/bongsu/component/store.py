"""What bongsu keeps on a host, below /var/lib/bongsu: manifests, originals, and what it moved away."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .. import host
from ..errors import BongsuError
from . import manifest as manifests
from . import shape
from .changes import Found
from .toolkit import NAME as TOOLKIT
from .toolkit import UNPACKED

DEFAULT = "/var/lib/bongsu"
CONTROLS = "/etc/bongsu/controls"  # one document a role that has security controls, placed by its component
TEXTFILE_DIRECTORY = Path("/var/lib/prometheus/node-exporter")
TIMER_STAMPS = Path("/var/lib/systemd/timers")  # when a persistent timer was last due; systemd never removes them
DATA = "data"  # in the state directory: by component, what its own programs keep there; it goes with the component
# What is in the state directory, but for what was moved away, and what is written for node_exporter.
DIRECTORIES = ("components", "journal", "originals", DATA)
FILES = ("lease.json", "fingerprint.json", "kernel.json", "audit.json", "shm", "lock")
METRICS = (
    *("bongsu_units.prom", "bongsu_drift.prom", "bongsu_controls.prom", "bongsu_firewall.prom"),
    *("bongsu_updates.prom", "bongsu_reboot.prom", "bongsu_audit.prom", "bongsu_file_integrity.prom"),
    "bongsu_bans.prom",
)


class Store:
    """The state directory of one host."""

    def __init__(self, directory: str) -> None:
        """Name the place; nothing is written yet."""
        self.directory = Path(directory)

    @contextmanager
    def locked(self, *, while_there_is: Path | None = None) -> Iterator[bool]:
        """Hold the host's lock, which vanishes with the process: one change at a time, whoever makes it.

        Give whether it is held: it is not, and nothing is made, where a journal that is named has gone.
        """
        path = self.directory / "lock"
        while while_there_is is None or while_there_is.exists():
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o755)
            with open(path, "ab") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                if path.exists() and os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                    yield True
                    return
            # whoever held it has meanwhile taken the last component away, and the lock with it: take the new one
        yield False

    def journal_directory(self, component: str) -> Path:
        """Name the place of a component's journal."""
        return self.directory / "journal" / component

    def manifest_path(self, component: str) -> Path:
        """Name the place of a component's manifest."""
        return self.directory / "components" / f"{component}.json"

    def manifest(self, component: str) -> dict[str, Any] | None:
        """Read a component's manifest; None when it has none."""
        try:
            return _read(self.manifest_path(component))
        except FileNotFoundError:
            return None

    def components(self) -> list[str]:
        """Name every component that has a manifest, in order."""
        return sorted(path.name.removesuffix(".json") for path in (self.directory / "components").glob("*.json"))

    def manifests(self) -> dict[str, dict[str, Any]]:
        """Read every manifest of the host, by component."""
        return {name: _read(self.manifest_path(name)) for name in self.components()}

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Put a manifest in the place of the component's last one."""
        path = self.manifest_path(manifest["component"])
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        host.replace(str(path), manifests.to_bytes(manifest), mode=0o644)

    def forget(self, component: str) -> None:
        """Remove a component's manifest, the originals kept with it, and what its own programs kept and told."""
        host.remove_tree(self.directory / "originals" / component)
        if (data := self.directory / DATA / component).is_dir():
            (TEXTFILE_DIRECTORY / f"bongsu_{component}.prom").unlink(missing_ok=True)  # first: the data tell of it
            host.remove_tree(data)
        path = self.manifest_path(component)
        Path(host.staged_path(str(path))).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        host.flush([str(path)])

    def keep_original(self, component: str, found: Found) -> dict[str, Any]:
        """Keep how a path was before bongsu touched it, its content in a file named by digest; return the entry."""
        kept = None
        if found.content is not None:
            directory = self.directory / "originals" / component
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = manifests.digest(found.content)
            if not (directory / kept).exists():
                host.replace(str(directory / kept), found.content, mode=0o600)
        return {
            "kind": found.kind,
            "owner": found.owner,
            "group": found.group,
            "mode": f"{found.mode:04o}",
            "backup": kept,
            "target": found.target,
        }

    def copy_original(self, component: str, heir: str, original: dict[str, Any]) -> dict[str, Any]:
        """Keep for another component what is kept for this one; return the entry."""
        if original["backup"]:
            directory = self.directory / "originals" / heir
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            content = (self.directory / "originals" / component / original["backup"]).read_bytes()
            host.replace(str(directory / original["backup"]), content, mode=0o600)
        return original

    def original_content(self, component: str, original: dict[str, Any]) -> bytes | None:
        """Read the content that was kept with an original."""
        if original["kind"] == "link":
            return str(original["target"]).encode()
        kept = original["backup"]
        return (self.directory / "originals" / component / kept).read_bytes() if kept else None

    def forget_timers(self, names: list[str]) -> None:
        """Remove what systemd remembers of timers that are gone."""
        for name in names:
            (TIMER_STAMPS / f"stamp-{name}").unlink(missing_ok=True)

    def displaced_path(self, path: str, *, renamed: bool) -> str:
        """Name where something that stood at ``path`` is kept once it is moved away.

        What can only be ``renamed`` (a directory, a socket) stays beside its old place, if that is another file system.
        """
        when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        parent, name = os.path.split(path)
        if renamed and os.stat(parent).st_dev != os.stat(self.directory).st_dev:
            return os.path.join(parent, f".{name}.displaced-{when}")
        top = self.directory / "displaced"
        number = 0
        while os.path.lexists(taken := f"{top}/{when}{f'-{number}' if number else ''}{path}"):
            number += 1
        top.mkdir(exist_ok=True, mode=0o700)
        os.makedirs(os.path.dirname(taken), exist_ok=True)
        return taken

    def clear(self) -> None:
        """Remove everything but what was moved away: that is the operator's, and nothing of his is ever lost."""
        for name in DIRECTORIES:
            host.remove_tree(self.directory / name)
        for name in FILES:
            (self.directory / name).unlink(missing_ok=True)
        for name in METRICS:
            (TEXTFILE_DIRECTORY / name).unlink(missing_ok=True)
        if str(self.directory) == DEFAULT:
            host.remove_at_once(Path(UNPACKED))
        for directory, _, _ in os.walk(self.directory, topdown=False):
            with suppress(OSError):  # something of the operator's is left in it
                os.rmdir(directory)

    def export_units(self) -> None:
        """Tell node_exporter which units must run, where it reads text files; nothing where no component is."""
        path = TEXTFILE_DIRECTORY / "bongsu_units.prom"
        known = self.manifests()
        # The toolkit's own timer pages nobody: when it stops, the drift check gets stale, and that is told.
        metrics = manifests.unit_metrics(one for name, one in known.items() if name != TOOLKIT)
        Path(host.staged_path(str(path))).unlink(missing_ok=True)
        if not known:
            path.unlink(missing_ok=True)
        elif TEXTFILE_DIRECTORY.is_dir() and host.observe(str(path)).content != metrics:
            host.replace(str(path), metrics, mode=0o644)


def export(name: str, metrics: bytes | None) -> None:
    """Write one file of metrics where node_exporter reads them, if it does; take it away where there are none."""
    path = TEXTFILE_DIRECTORY / name
    if metrics is None:
        path.unlink(missing_ok=True)
    elif TEXTFILE_DIRECTORY.is_dir():
        host.replace(str(path), metrics, mode=0o644)


def _read(path: Path) -> dict[str, Any]:
    try:
        return shape.read(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise BongsuError(f"{path} is not text: {error}; move it away and run again") from error
