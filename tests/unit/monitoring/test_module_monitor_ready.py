import pytest
from module_runner import run_module


@pytest.fixture
def monitor(api, tmp_path):
    """Prometheus and Alertmanager in one, on a host that a run has provisioned."""
    components = tmp_path / "state" / "components"
    components.mkdir(parents=True)
    (components / "prometheus.json").write_text("{}")
    api.answers["/-/ready"] = "ready"
    api.state = tmp_path / "state"
    return api


def ready(api, **params):
    urls = {"prometheus_url": api.url, "alertmanager_url": api.url}
    return run_module("monitor_ready", {**api.files, **urls, "state_directory": str(api.state), **params})


def test_both_are_ready(monitor):
    result = ready(monitor, username="operator", password="x")
    assert (result["provisioned"], result["ready"], result["complaints"]) == (True, True, [])
    assert result["changed"] is False
    assert monitor.authorizations[0].startswith("Basic ")
    assert monitor.authorizations[1] is None


def test_check_mode_asks_as_well(monitor):
    given = {**monitor.files, "prometheus_url": monitor.url, "alertmanager_url": "https://127.0.0.1:1"}
    given["state_directory"] = str(monitor.state)
    assert run_module("monitor_ready", given, check=True)["ready"] is False


@pytest.mark.parametrize("daemon", ["prometheus_url", "alertmanager_url"])
def test_one_that_is_down_is_told_and_no_failure(monitor, daemon):
    result = ready(monitor, **{daemon: "https://127.0.0.1:1"})
    assert not result.get("failed")
    assert (result["provisioned"], result["ready"]) == (True, False)
    assert "https://127.0.0.1:1/-/ready" in result["complaints"][0]


def test_one_that_is_still_starting_is_waited_for(monitor):
    monitor.statuses = iter([503, 200, 503, 200])
    assert ready(monitor, deadline=10)["ready"] is True


def test_one_that_refuses_the_password_does_its_work(monitor):
    monitor.statuses = iter([401, 200])
    assert ready(monitor)["ready"] is True


def test_one_that_answers_otherwise_does_not(monitor):
    monitor.statuses = iter([503, 200])
    assert ready(monitor)["ready"] is False


def test_a_host_that_no_run_has_provisioned_is_told_apart(monitor):
    (monitor.state / "components" / "prometheus.json").unlink()
    result = ready(monitor)
    assert (result["provisioned"], result["ready"]) == (False, False)


def test_certificates_that_are_not_there_are_told(monitor):
    result = ready(monitor, cert="/nowhere.crt")
    assert (result["ready"], result.get("failed")) == (False, None)
    assert "No such file" in result["complaints"][0]


def test_a_missing_url_is_told():
    result = run_module("monitor_ready", {"prometheus_url": "https://127.0.0.1:1"})
    assert result["failed"]
    assert "alertmanager_url" in result["msg"]
