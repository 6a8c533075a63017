"""A managed host in a temporary directory: the real module on real files, with only the host's commands replaced."""

from __future__ import annotations

import grp
import json
import os
import pwd
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fake_apt
import fake_systemctl
import pytest
from ansible.module_utils.bongsu.component import toolkit
from module_runner import run_module

HERE = Path(__file__).parent
FAKES = {
    "fake_systemctl.py": ("systemctl", "systemd-run", "journalctl"),
    "fake_apt.py": ("apt-get", "apt-mark", "dpkg"),
}
MODULES = {"fake_systemctl.py": fake_systemctl, "fake_apt.py": fake_apt}
IN_PROCESS = {program: MODULES[file].main for file, programs in FAKES.items() for program in programs}
# Every place outside the state directory that the engine knows by name, and where it is in the temporary directory.
PLACES = {
    "/var/lib/dpkg/status": "dpkg-status",
    "/var/lib/dpkg/lock-frontend": "dpkg-lock",
    "/var/cache/apt/archives": "archives",
    "/var/lib/apt/lists": "lists",
    "/usr/sbin/policy-rc.d": "usr/policy-rc.d",
    "/var/lib/prometheus/node-exporter": "textfile",
    "/var/lib/systemd/timers": "timers",
    "/etc/systemd/system": "etc/systemd/system",
    "/run/systemd/system": "run/systemd/system",
    "/usr/local/lib/systemd/system": "usr/local/lib/systemd/system",
    "/usr/lib/bongsu": "usr/bongsu",
    "/etc/tmpfiles.d": "etc/tmpfiles.d",
    "/etc/bongsu/controls": "etc/controls",
}


def archive_for(root: Path) -> bytes:
    """Pack the engine as it packs itself, with every place that it knows by name below ``root``."""
    sources = toolkit._sources()
    for place, name in PLACES.items():
        sources = {path: text.replace(place, str(root / name)) for path, text in sources.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toolkit, "_sources", lambda: sources)
        return toolkit.archive.__wrapped__()


@dataclass
class Host:
    root: Path

    def __post_init__(self) -> None:
        places = ("usr", "textfile", "lists", "timers", "archives")
        for directory in ("bin", "etc/systemd/system", "etc/tmpfiles.d", "run/systemd/system", *places):
            (self.root / directory).mkdir(parents=True)
        for file, programs in FAKES.items():
            text = (HERE / file).read_text().replace("/usr/bin/env python3", f"{sys.executable} -IS", 1)
            for program in programs:
                (self.root / "bin" / program).write_text(text)
                (self.root / "bin" / program).chmod(0o755)
        (self.root / "lists/mirror_Packages").touch()
        self.systemd = self.root / "systemd.json"
        self.config = self.root / "etc/daemon.conf"
        self.policy = self.root / "usr/policy-rc.d"
        self.set_unit(load="loaded", active="inactive", file="disabled", invocation="", started="")
        self.packages = self.root / "apt.json"
        world = {"available": {}, "archives": {}, "installed": {}, "held": [], "auto": [], "log": []}
        world |= {"status": str(self.root / "dpkg-status"), "policy": str(self.policy)}
        self.packages.write_text(json.dumps(world))
        self.apt()

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, "FAKE_SYSTEMD": str(self.systemd), "FAKE_APT": str(self.packages)}

    def set_unit(self, name: str = "daemon.service", **values: str) -> None:
        units = json.loads(self.systemd.read_text()) if self.systemd.exists() else {}
        units[name] = {**fake_systemctl.BLANK, **units.get(name, {"config": str(self.config)}), **values}
        self.systemd.write_text(json.dumps(units))

    def unit(self, name: str = "daemon.service") -> dict[str, str]:
        return json.loads(self.systemd.read_text())[name]

    def timers(self) -> dict[str, list[str]]:
        path = self.systemd.with_suffix(".timers")
        return json.loads(path.read_text()) if path.exists() else {}

    def calls(self) -> list[str]:
        """What systemctl was told to do; that a dead man's switch was taken away says nothing of a unit."""
        log = self.systemd.with_suffix(".log")
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if not line.startswith("stop bongsu-undo-")]

    def forget_calls(self) -> None:
        self.systemd.with_suffix(".log").unlink(missing_ok=True)

    def apt(self, **values: Any) -> dict[str, Any]:
        """Change what apt and dpkg have, and return it."""
        world = {**json.loads(self.packages.read_text()), **values}
        os.environ["FAKE_APT"], before = str(self.packages), os.environ.get("FAKE_APT")
        fake_apt.save(world)
        os.environ.pop("FAKE_APT") if before is None else os.environ.update(FAKE_APT=before)
        return world

    def file(self, dest: str | Path | None = None, **values: Any) -> dict[str, Any]:
        owner = pwd.getpwuid(os.getuid()).pw_name
        group = grp.getgrgid(os.getgid()).gr_name
        return {"dest": str(dest or self.config), "owner": owner, "group": group, **values}

    def converge(
        self, *files: dict[str, Any], check: bool = False, before: Callable[[], None] | None = None, **values: Any
    ) -> dict[str, Any]:
        """Run the module; ``before`` is called in its process first."""
        arguments = {
            "name": "daemon",
            "files": list(files),
            "units": [{"name": "daemon.service"}],
            "state_directory": str(self.root / "state"),
            **values,
        }
        return run_module("component", arguments, check=check, env=self.env, before=before)

    def remove(self, name: str = "daemon", **values: Any) -> dict[str, Any]:
        return self.converge(name=name, state="absent", units=[], **values)

    def manifest(self, name: str = "daemon") -> dict[str, Any]:
        return json.loads((self.root / f"state/components/{name}.json").read_text())

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every path below etc with its mode and content; systemd's own directories, which are always there, apart."""
        return {
            str(path): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in sorted((self.root / "etc").rglob("*"))
            if path not in [self.root / name for name in ("etc/systemd", "etc/systemd/system", "etc/tmpfiles.d")]
        }
