import pytest
from module_runner import run_module

RECEIVERS = [{"name": "chat", "integrations": {"webhook": 1}}]


def metrics(begun, ended, failed):
    return (
        f'alertmanager_notifications_total{{integration="webhook"}} {begun}\n'
        f'alertmanager_notification_requests_total{{integration="webhook"}} {ended}\n'
        f'alertmanager_notification_requests_failed_total{{integration="webhook"}} {failed}\n'
    )


def send(api, receivers=None, *, urls=None, check=False, deadline=0.2):
    given = {
        **api.files,
        "alertmanagers": urls or [api.url],
        "receivers": RECEIVERS if receivers is None else receivers,
        "deadline": deadline,
        "interval": 0.05,
    }
    return run_module("receiver_test", given, check=check)


def alertmanager(api, answer_to_alert):
    """Let the counters say `answer_to_alert` once an alert was posted."""
    api.answers["/metrics"] = lambda: metrics(*(answer_to_alert if api.posted else (5, 5, 1)))


def test_a_delivered_alert_proves_the_receiver(api):
    alertmanager(api, (6, 6, 1))
    result = send(api)
    assert not result.get("failed")
    assert result["changed"] is False
    assert result["table"][0].startswith("ok    receiver chat  webhook delivered in ")


def test_the_alert_is_for_that_receiver_and_is_resolved_afterwards(api):
    alertmanager(api, (6, 6, 1))
    send(api)
    (_, [first]), (_, [last]) = api.posted
    assert first["labels"]["bongsu_test"] == "chat"
    assert first["labels"] == last["labels"]
    assert last["endsAt"] < first["endsAt"]


def test_a_failed_delivery_fails_and_the_alert_is_still_resolved(api):
    alertmanager(api, (6, 7, 3))
    result = send(api)
    assert result["failed"]
    assert "webhook not delivered" in result["msg"]
    assert "2 attempts failed" in result["msg"]
    assert len(api.posted) == 2


def test_each_run_sends_an_alert_of_its_own(api):
    alertmanager(api, (6, 6, 1))
    send(api)
    send(api)
    assert len({alert["labels"]["bongsu_test_id"] for _, [alert] in api.posted}) == 2


def test_check_mode_sends_nothing(api):
    result = send(api, check=True)
    assert not result.get("failed")
    assert api.posted == []
    assert "not tested in check mode" in result["table"][0]


def test_a_dead_monitor_does_not_stop_the_proof(api):
    alertmanager(api, (6, 6, 1))
    assert not send(api, urls=["https://127.0.0.1:1", api.url]).get("failed")


def test_no_monitor_that_answers_is_an_error(api):
    result = send(api, urls=["https://127.0.0.1:1"])
    assert "no Alertmanager answers: https://127.0.0.1:1/metrics: " in result["msg"]


def test_no_receivers_at_all_is_a_failure(api):
    result = send(api, receivers=[])
    assert "nobody would be told of an outage" in result["msg"]
    assert "alertmanager_receivers" in result["msg"]


def test_a_silence_is_named(api):
    alertmanager(api, (5, 5, 1))
    silenced = [{"status": {"state": "suppressed", "silencedBy": ["3f2a"]}}]
    real = api.answers.get
    api.answers = type("Answers", (dict,), {"get": lambda _, path: silenced if "filter=" in path else real(path)})()
    assert "it is silenced by 3f2a" in send(api)["msg"]


@pytest.mark.parametrize("bad", [[{"name": "x"}], "chat"])
def test_bad_input_is_told(api, bad):
    assert send(api, receivers=bad)["failed"]
