"""A unit that is another's: acted on where it runs, and otherwise left as it is."""

import os
import time

import pytest
from ansible.module_utils.bongsu.component import drift_host, manifest, spec, units

AS_FOUND = [{"name": "daemon.service", "state": "as_found"}]


@pytest.fixture
def drop_in(host):
    def files(text="[Service]\nNoNewPrivileges=yes\n"):
        path = host.root / "etc/systemd/system/daemon.service.d"
        return (
            host.file(path, state="directory"),
            host.file(path / "zz-ours.conf", content=text, on_change="restart", units=["daemon.service"]),
        )

    return files


def converge(host, files, **values):
    return host.converge(*files, **{"name": "ours", "units": AS_FOUND, **values})


def owner(host, **values):
    """Converge the component that the unit is of."""
    return host.converge(host.file(content="a\n"), **values)


def findings(host):
    return [(one.component, one.resource, one.what) for one in drift_host.verified(str(host.root / "state"))[1]]


@pytest.mark.parametrize("state", [{"active": "inactive"}, {"load": "not-found"}, {"active": "failed"}])
def test_one_that_does_not_run_is_left_alone(host, drop_in, state):
    host.set_unit(**state)
    before = host.unit()
    done = converge(host, drop_in())
    assert "failed" not in done, done
    assert host.calls() == ["daemon-reload"]
    assert host.unit() == before
    assert not converge(host, drop_in())["changed"]


def test_one_that_runs_is_restarted_for_its_files_and_never_enabled(host, drop_in):
    host.set_unit(active="active", invocation="first", started="Mon 2026-01-05 10:00:00.000000 UTC")
    done = converge(host, drop_in())
    assert done["actions"][-1] == "restarted daemon.service: its files change"
    assert host.unit()["file"] == "disabled"
    host.forget_calls()
    assert not converge(host, drop_in())["changed"]
    assert host.calls() == []


def test_both_components_live_together_and_neither_sees_drift(host, drop_in, monkeypatch):
    for name, value in host.env.items():
        monkeypatch.setenv(name, value)
    owner(host)
    converge(host, drop_in())
    assert not owner(host)["changed"]
    assert not converge(host, drop_in())["changed"]
    assert findings(host) == []
    host.set_unit(active="inactive")
    assert findings(host) == [("daemon", "daemon.service", "unit_stopped")]


def test_one_that_has_not_read_its_file_is_told(host, drop_in, monkeypatch):
    for name, value in host.env.items():
        monkeypatch.setenv(name, value)
    owner(host)
    converge(host, drop_in())
    path = host.root / "etc/systemd/system/daemon.service.d/zz-ours.conf"
    os.utime(path, (time.time() + 5, time.time() + 5))
    host.set_unit(invocation="another")
    assert ("ours", "daemon.service", "unread") in findings(host)


def test_one_that_was_still_starting_may_have_read_what_was_there_before():
    def state(*, active):
        values = {"LoadState": "loaded", "ActiveState": "active" if active else "activating", "InvocationID": "first"}
        return {"daemon.service": units._parse_block("daemon.service", "\n".join(map("=".join, values.items())))}

    running = state(active=True)
    ours = spec.UnitSpec("daemon.service", enabled=False, started=False, masked=False, as_found=True)
    component = spec.Component("ours", packages=(), files=(), validate=(), units=(ours,))
    assert manifest.records(component, state(active=False), running) == {}
    assert manifest.records(component, running, running)["daemon.service"]["invocation"] == "first"


def test_gone_it_gives_the_unit_back_and_restarts_it_and_the_owner_keeps_it(host, drop_in):
    owner(host)
    converge(host, drop_in())
    first = host.unit()["invocation"]
    host.remove("ours")
    assert not (host.root / "etc/systemd/system/daemon.service.d").exists()
    assert host.unit()["active"] == "active"
    assert host.unit()["file"] == "enabled"
    assert host.unit()["invocation"] != first
    assert not owner(host)["changed"]


def test_the_owner_that_goes_takes_its_unit_along(host, drop_in):
    owner(host)
    converge(host, drop_in())
    host.remove()
    assert (host.unit()["active"], host.unit()["file"]) == ("inactive", "disabled")
    assert not converge(host, drop_in())["changed"]
    assert "daemon.service" not in host.manifest("ours")["unit_originals"]


def test_a_restart_that_fails_puts_everything_back(host, drop_in):
    owner(host)
    host.config.write_text("broken\n")  # the daemon refuses at the next start, whatever the reason
    done = converge(host, drop_in())
    assert done["failed"]
    assert not (host.root / "etc/systemd/system/daemon.service.d").exists()


@pytest.mark.parametrize("also", [{"enabled": True}, {"masked": True}])
def test_it_goes_with_nothing_that_would_change_it(host, drop_in, also):
    done = converge(host, drop_in(), units=[{**AS_FOUND[0], **also}])
    assert "daemon.service cannot be as found and also enabled or masked" in done["msg"]
