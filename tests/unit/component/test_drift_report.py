"""What node_exporter reads, what a person reads, and the exit status of the command on the host."""

import json

import pytest
from ansible.module_utils.bongsu.component import drift_host, drift_report
from ansible.module_utils.bongsu.component.drift import Finding
from ansible.module_utils.bongsu.component.manifest import unit_metrics


def samples(text):
    return [line for line in text.decode().splitlines() if not line.startswith("#")]


def test_each_component_is_counted_and_each_finding_named():
    findings = [
        Finding("web", "/etc/web.conf", "mode", "0666 instead of 0644"),
        Finding("web", "/etc/web.conf", "owner", "nobody instead of root"),
        Finding("web", "nginx", "package_absent"),
    ]
    assert samples(drift_report.metrics(["web", "logs"], findings, 1763900000.7)) == [
        'bongsu_drift_resources{component="logs"} 0',
        'bongsu_drift_resources{component="web"} 2',
        'bongsu_drift{component="web",resource="/etc/web.conf",what="mode"} 1',
        'bongsu_drift{component="web",resource="/etc/web.conf",what="owner"} 1',
        'bongsu_drift{component="web",resource="nginx",what="package_absent"} 1',
        "bongsu_drift_last_check_timestamp_seconds 1763900001",
    ]


def test_a_series_appears_once_however_often_it_is_found():
    """node_exporter refuses a file that has the same series twice, and with it all that the file says."""
    path = "/etc/systemd/system/service.d/all.conf"
    findings = [Finding("web", path, "dropin", f"new, overrides {unit}") for unit in ("a.service", "b.service")]
    lines = samples(drift_report.metrics(["web"], findings, 0))
    assert lines[:2] == [
        'bongsu_drift_resources{component="web"} 1',
        f'bongsu_drift{{component="web",resource="{path}",what="dropin"}} 1',
    ]


def test_a_wiped_component_is_fifty_series_and_a_true_count():
    findings = [Finding("web", f"/etc/web/{number:03}", "missing") for number in range(120)]
    lines = samples(drift_report.metrics(["web"], findings, 0))
    assert lines[0] == 'bongsu_drift_resources{component="web"} 120'
    assert len([line for line in lines if line.startswith("bongsu_drift{")]) == 50


def test_names_that_would_break_the_format_are_escaped():
    lines = samples(drift_report.metrics(["web"], [Finding("web", '/etc/a"b\\c\nd\udcff', "missing")], 0))
    assert lines[1] == r'bongsu_drift{component="web",resource="/etc/a\"b\\c\nd?",what="missing"} 1'


@pytest.fixture
def look(monkeypatch, tmp_path):
    found = {"components": {"web": "digest"}, "findings": []}
    monkeypatch.setattr(drift_host, "settled", lambda _state: (found["components"], found["findings"]))
    monkeypatch.setattr(drift_host.store, "TEXTFILE_DIRECTORY", tmp_path / "textfiles")
    return found


def test_the_exit_status_tells_whether_something_drifted(look, capsys):
    assert drift_host.main(textfile=False, as_json=False) == 0
    assert capsys.readouterr().out == "1 component, all as placed\n"
    look["findings"] = [Finding("web", "nginx", "package_absent")]
    assert drift_host.main(textfile=False, as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == {
        "components": ["web"],
        "findings": [{"component": "web", "resource": "nginx", "what": "package_absent", "detail": ""}],
    }


def test_the_text_file_is_written_where_node_exporter_is_and_goes_with_the_last_component(look, tmp_path, capsys):
    assert drift_host.main(textfile=True, as_json=False) == 0
    assert not (tmp_path / "textfiles").exists()
    (tmp_path / "textfiles").mkdir()
    assert drift_host.main(textfile=True, as_json=False) == 0
    file = tmp_path / "textfiles/bongsu_drift.prom"
    assert 'bongsu_drift_resources{component="web"} 0' in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o644
    look["components"] = {}
    assert drift_host.main(textfile=True, as_json=False) == 0
    assert list((tmp_path / "textfiles").iterdir()) == []
    assert capsys.readouterr().out == ""


def test_services_that_must_run_are_told_and_timers_wake_nobody():
    units = [{"name": name, "started": started} for name, started in (("a.service", True), ("b.service", False))]
    units.append({"name": "c.timer", "started": True})
    assert samples(unit_metrics([{"units": units}])) == ['bongsu_unit_wanted{name="a.service",source="component"} 1']
