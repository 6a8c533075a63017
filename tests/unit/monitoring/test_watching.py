import module_runner  # noqa: F401  # makes module_utils importable
import pytest
from ansible.module_utils.bongsu import watching


def target(job, instance, health="up", **labels):
    error = "" if health == "up" else "connection refused"
    return {"labels": {"job": job, "instance": instance, **labels}, "health": health, "lastError": error}


def rules(*names, broken=()):
    listed = [{"name": name, "health": "err" if name in broken else "ok", "lastError": "boom"} for name in names]
    return {"data": {"groups": [{"rules": listed}]}}


def test_every_host_scraped_is_well():
    found = watching.check_hosts("node", ["a", "b"], [target("node", "a"), target("node", "b")])
    assert (found.ok, found.detail, found.cure) == (True, "2 of 2 hosts scraped", "")


def test_a_target_of_another_job_does_not_count():
    found = watching.check_hosts("node", ["a"], [target("liveness", "a")])
    assert not found.ok
    assert found.detail == "a is no target"
    assert "provision a again" in found.cure


@pytest.mark.parametrize("health", ["down", "unknown"])
def test_a_host_scraped_in_vain_is_named_with_the_reason(health):
    found = watching.check_hosts("node", ["a", "b"], [target("node", "a", health), target("node", "b")])
    assert found.detail == f"a is {health}: connection refused"
    assert "on a, look at" in found.cure


def test_a_probe_that_runs_is_well_though_it_may_fail():
    probes = [{"instance": "a", "probe": "site"}]
    assert watching.check_probes(probes, [target("probe", "a", probe="site")]).ok


def test_no_probes_are_well():
    assert watching.check_probes([], []).detail == "0 of 0 probes run"


def test_a_missing_probe_names_its_host():
    found = watching.check_probes([{"instance": "a", "probe": "site"}], [target("probe", "a", probe="other")])
    assert found.detail == "a/site is no target"
    assert "provision a again" in found.cure


def test_a_probe_whose_exporter_is_dead_is_told_apart():
    found = watching.check_probes([{"instance": "a", "probe": "s"}], [target("probe", "a", "down", probe="s")])
    assert "a/s is down: connection refused" in found.detail
    assert "prometheus-blackbox-exporter" in found.cure


def test_rules_are_compared_by_name_both_ways():
    assert watching.check_rules(["A", "B"], rules("A", "B", "A")).ok
    found = watching.check_rules(["A", "B"], rules("B", "C"))
    assert found.detail == "A is not loaded; C is loaded and nobody wants it"


def test_a_rule_that_cannot_be_evaluated_is_told():
    assert "A cannot be evaluated: boom" in watching.check_rules(["A"], rules("A", broken=["A"])).detail


def test_alertmanagers_are_compared_both_ways():
    answer = {"data": {"activeAlertmanagers": [{"url": "https://m1:9093/api/v2/alerts"}]}}
    assert watching.check_alertmanagers(["m1:9093"], answer).ok
    found = watching.check_alertmanagers(["m2:9093"], answer)
    assert found.detail == "m2:9093 is unknown to Prometheus; m1:9093 is no monitor of the inventory"


MONITORS = {"m1": ["10.0.0.1:9094"], "m2": ["10.0.0.2:9094"]}


def mesh(*addresses, status="ready"):
    return {"cluster": {"status": status, "peers": [{"name": "x", "address": address} for address in addresses]}}


def test_a_complete_mesh_is_well():
    assert watching.check_mesh(MONITORS, mesh("10.0.0.1:9094", "10.0.0.2:9094")).ok


def test_a_single_monitor_needs_no_mesh():
    assert watching.check_mesh({"m1": ["10.0.0.1:9094"]}, mesh(status="disabled")).ok


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (mesh("10.0.0.1:9094"), "m2 is not in it: 1 of 2 members"),
        (mesh("10.0.0.1:9094", "10.0.0.2:9094", "10.0.0.9:9094"), "10.0.0.9:9094 is in it and no monitor"),
        (mesh("10.0.0.1:9094", "10.0.0.2:9094", status="settling"), "it is settling, not ready"),
        (mesh(status="disabled"), "m1, m2 is not in it: 0 of 2 members"),
    ],
)
def test_a_mesh_that_is_not_complete_is_told(answer, told):
    found = watching.check_mesh(MONITORS, answer)
    assert not found.ok
    assert told in found.detail


def test_a_host_is_gone_once_no_job_has_it():
    jobs = ["liveness", "node", "probe"]
    assert watching.check_gone(["a"], jobs, [target("node", "b"), target("prometheus", "a")]).ok
    found = watching.check_gone(["a"], jobs, [target("node", "a"), target("probe", "a")])
    assert found.detail == "a (job node) is still a target; a (job probe) is still a target"


def test_the_table_is_aligned_and_shows_cures_of_failures_alone():
    found = [watching.Finding("a", True, "fine", "never shown"), watching.Finding("longer", False, "bad", "do it")]
    assert watching.table(found) == [
        "ok    a       fine",
        "FAIL  longer  bad",
        "              cure: do it",
    ]


def test_answers_without_data_are_no_crash():
    assert watching.targets_of({}) == []
    assert not watching.check_rules(["A"], {}).ok
    assert not watching.check_alertmanagers(["a:1"], {}).ok
    assert not watching.check_mesh(MONITORS, {}).ok
