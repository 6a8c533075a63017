"""A managed host in a temporary directory: the real module on real files, with only systemctl replaced."""

import grp
import json
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from module_runner import run_module

HERE = Path(__file__).parent


@dataclass
class Host:
    root: Path

    def __post_init__(self) -> None:
        (self.root / "bin").mkdir()
        (self.root / "etc").mkdir()
        program = (HERE / "fake_systemctl.py").read_text().replace("/usr/bin/env python3", f"{sys.executable} -IS", 1)
        (self.root / "bin/systemctl").write_text(program)
        (self.root / "bin/systemctl").chmod(0o755)
        self.systemd = self.root / "systemd.json"
        self.config = self.root / "etc/daemon.conf"
        self.set_unit(load="loaded", active="inactive", file="disabled", invocation="", started="")

    def set_unit(self, **values: str) -> None:
        units = json.loads(self.systemd.read_text()) if self.systemd.exists() else {}
        units["daemon.service"] = {**units.get("daemon.service", {}), "config": str(self.config), **values}
        self.systemd.write_text(json.dumps(units))

    def unit(self) -> dict[str, str]:
        return json.loads(self.systemd.read_text())["daemon.service"]

    def calls(self) -> list[str]:
        log = self.systemd.with_suffix(".log")
        return log.read_text().splitlines() if log.exists() else []

    def forget_calls(self) -> None:
        self.systemd.with_suffix(".log").unlink(missing_ok=True)

    def file(self, dest: str | None = None, **values: Any) -> dict[str, Any]:
        owner = pwd.getpwuid(os.getuid()).pw_name
        group = grp.getgrgid(os.getgid()).gr_name
        return {"dest": dest or str(self.config), "owner": owner, "group": group, **values}

    def converge(self, *files: dict[str, Any], check: bool = False, **values: Any) -> dict[str, Any]:
        arguments = {
            "name": "daemon",
            "files": list(files),
            "units": [{"name": "daemon.service"}],
            "state_directory": str(self.root / "state"),
            **values,
        }
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return run_module("component", arguments, check=check, env={"PATH": path, "FAKE_SYSTEMD": str(self.systemd)})

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.root / "state/components/daemon.json").read_text())

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every path below etc with its mode and content."""
        return {
            str(path): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in sorted((self.root / "etc").rglob("*"))
        }


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    # The fake daemon dies at once or never.
    monkeypatch.setattr("ansible.module_utils.bongsu.component.health._HOLD", 0.01)
    return Host(tmp_path)
