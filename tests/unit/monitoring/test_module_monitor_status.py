import base64

import pytest
from module_runner import run_module

TARGETS = "/api/v1/targets?state=active"


def status(api, **params):
    return run_module("monitor_status", {**api.files, "deadline": 0, **params})


def target(job, instance, health="up"):
    return {"labels": {"job": job, "instance": instance}, "health": health, "lastError": ""}


@pytest.fixture
def prometheus(api):
    hosts = [target(job, host) for job in ("liveness", "node") for host in ("a", "b")]
    api.answers[TARGETS] = {"data": {"activeTargets": hosts}}
    api.answers["/api/v1/rules"] = {"data": {"groups": [{"rules": [{"name": "HostDown", "health": "ok"}]}]}}
    return api


def test_all_is_well(prometheus):
    result = status(prometheus, prometheus_url=prometheus.url, hosts=["a", "b"], rules=["HostDown"])
    assert not result.get("failed")
    assert result["changed"] is False
    assert [finding["check"] for finding in result["findings"]] == ["job liveness", "job node", "rules"]


def test_check_mode_asks_as_well(prometheus):
    given = {**prometheus.files, "prometheus_url": prometheus.url, "hosts": ["c"], "deadline": 0}
    assert run_module("monitor_status", given, check=True)["failed"]


def test_what_is_missing_is_told_with_its_cure(prometheus):
    result = status(prometheus, prometheus_url=prometheus.url, hosts=["a", "c"], rules=["HostDown", "DiskFull"])
    assert result["failed"]
    for words in ("c is no target", "provision c again", "DiskFull is not loaded"):
        assert words in result["msg"]
    assert "\nFAIL  job node " in result["msg"]


def test_the_password_goes_along_and_stays_secret(prometheus):
    result = status(prometheus, prometheus_url=prometheus.url, username="op", password="s3cret-word", hosts=["c"])
    assert prometheus.authorizations == ["Basic " + base64.b64encode(b"op:s3cret-word").decode()]
    assert "s3cret-word" not in str(result)


def test_it_waits_for_what_is_about_to_come(prometheus):
    answers = [[], [target("node", "a")]]
    prometheus.answers[TARGETS] = lambda: {"data": {"activeTargets": answers.pop(0)}}
    result = status(prometheus, prometheus_url=prometheus.url, hosts=["a"], jobs=["node"], deadline=20)
    assert not result.get("failed")
    assert answers == []


def test_a_daemon_that_does_not_answer_is_a_finding(prometheus):
    prometheus.close()
    result = status(prometheus, prometheus_url=prometheus.url, hosts=[])
    assert result["failed"]
    assert "Connection refused" in result["msg"]
    assert "systemctl status prometheus" in result["msg"]


def test_a_refusal_is_told_in_the_daemons_words(api):
    result = status(api, prometheus_url=api.url, rules=[])
    assert "answered 404" in result["msg"]


def test_a_server_of_another_authority_is_refused(api, tmp_path):
    from certificates import write_certificates

    stranger = write_certificates(tmp_path / "other")
    result = status(api, alertmanager_url=api.url, mesh={"m": "127.0.0.1:9094"}, ca=stranger["ca"])
    assert "certificate verify failed" in result["msg"]


def test_the_mesh_is_compared_with_the_monitors(api):
    peers = [{"name": "x", "address": "127.0.0.1:9094"}]
    api.answers["/api/v2/status"] = {"cluster": {"status": "ready", "peers": peers}}
    assert not status(api, alertmanager_url=api.url, mesh={"m1": "localhost:9094"}).get("failed")
    result = status(api, alertmanager_url=api.url, mesh={"m1": "127.0.0.1:9094", "m2": "10.0.0.2:9094"})
    assert "m2 is not in it: 1 of 2 members" in result["msg"]


def test_a_host_that_is_gone_is_confirmed(prometheus):
    assert not status(prometheus, prometheus_url=prometheus.url, gone=["c"]).get("failed")
    assert "a (job node) is still a target" in status(prometheus, prometheus_url=prometheus.url, gone=["a"])["msg"]


@pytest.mark.parametrize("bad", [{"deadline": "soon"}, {"probes": [{"probe": "x"}]}, {"hots": ["a"]}])
def test_bad_input_is_told(api, bad):
    assert status(api, **bad)["failed"]
