"""The managed host of each test: nothing of this machine is read or written, and no program started needlessly."""

from pathlib import Path

import pytest
from ansible.module_utils.bongsu import controls_host, state
from ansible.module_utils.bongsu import host as engine
from ansible.module_utils.bongsu.component import (
    apt,
    fetched,
    health,
    interrupted,
    journal,
    lookup,
    overrides,
    plan,
    store,
    toolkit,
    unfinished,
)
from managed_host import IN_PROCESS, PLACES, Host

toolkit.archive()  # packed once, not in each module's process


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)

    def place(name: str) -> Path:
        return tmp_path / PLACES[name]

    monkeypatch.setattr(apt, "DPKG_STATUS", place("/var/lib/dpkg/status"))
    monkeypatch.setattr(interrupted, "FRONTEND_LOCK", place("/var/lib/dpkg/lock-frontend"))
    monkeypatch.setattr(fetched, "ARCHIVES", str(place("/var/cache/apt/archives")))
    monkeypatch.setattr(apt, "LISTS", place("/var/lib/apt/lists"))
    monkeypatch.setattr(journal, "POLICY", str(place("/usr/sbin/policy-rc.d")))
    monkeypatch.setattr(store, "TEXTFILE_DIRECTORY", place("/var/lib/prometheus/node-exporter"))
    monkeypatch.setattr(store, "TIMER_STAMPS", place("/var/lib/systemd/timers"))
    monkeypatch.setattr(unfinished, "CONFIGURATION", str(place("/etc/tmpfiles.d") / "bongsu-unfinished.conf"))
    for reader in (lookup, state):
        monkeypatch.setattr(reader, "CONTROLS", str(place("/etc/bongsu/controls")))
    monkeypatch.setattr(controls_host, "DIRECTORY", place("/etc/bongsu/controls"))
    units = tuple(
        str(place(name)) for name in ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system")
    )
    monkeypatch.setattr(overrides, "DIRECTORIES", units)
    monkeypatch.setattr(plan, "_UNIT_DIRECTORIES", units)
    for name in ("_HOLD", "_HOLD_LONG"):
        monkeypatch.setattr(health, name, 0.0)  # the fake daemon dies at once or never
    monkeypatch.setattr(health, "_PAUSE", 0.01)
    monkeypatch.setattr(engine, "run", _runner(engine.run))
    monkeypatch.setattr(engine, "sync", lambda paths: None)  # it takes most of the time, and no test cuts the power
    return made


def _runner(run):
    """Call a fake in this process: starting one would take a hundred times as long."""

    def run_or_fake(argv, timeout=120.0, env=None):
        if argv[0] not in IN_PROCESS:
            return run(argv, timeout, env)
        status, text = IN_PROCESS[argv[0]](list(argv))
        return engine.Output(status, text.strip())

    return run_or_fake
