import module_runner  # noqa: F401  # makes module_utils importable
import pytest
from ansible.module_utils.bongsu import delivery
from ansible.module_utils.bongsu.delivery import Count

METRICS = """
# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="webhook"} 4
alertmanager_notifications_total{integration="email"} 1
alertmanager_notifications_failed_total{integration="webhook",reason="other"} 9
alertmanager_notification_requests_total{integration="webhook"} 5
alertmanager_notification_requests_failed_total{integration="webhook"} 2
"""


def test_counters_are_read():
    assert delivery.read_counts([METRICS]) == {"webhook": Count(4, 5, 2), "email": Count(1, 0, 0)}


def test_counters_of_all_monitors_are_added():
    assert delivery.read_counts([METRICS, METRICS])["webhook"] == Count(8, 10, 4)


def test_counters_with_more_labels_are_added():
    text = "\n".join(
        f'alertmanager_notifications_total{{integration="webhook",receiver_name="{name}"}} 1e+00' for name in "ab"
    )
    assert delivery.read_counts([text])["webhook"].begun == 2


def test_what_was_counted_is_the_difference():
    before, after = {"webhook": Count(4, 5, 2)}, {"webhook": Count(6, 8, 3), "email": Count(9, 9, 0)}
    assert delivery.counted(before, after, ["webhook"]) == {"webhook": Count(2, 3, 1)}


def test_an_integration_never_seen_before_starts_at_nothing():
    assert delivery.counted({}, {"email": Count(1, 1, 0)}, ["email"]) == {"email": Count(1, 1, 0)}


@pytest.mark.parametrize(
    ("since", "wanted", "arrived"),
    [
        (Count(1, 1, 0), 1, True),
        (Count(0, 0, 0), 1, False),  # not begun
        (Count(1, 0, 0), 1, False),  # hangs
        (Count(1, 1, 1), 1, False),  # failed
        (Count(2, 1, 0), 1, False),  # hangs, while another alert arrived
        (Count(2, 2, 1), 1, False),  # failed, while another alert arrived
        (Count(1, 3, 2), 1, True),  # arrived at the third attempt
        (Count(2, 2, 0), 2, True),
        (Count(1, 1, 0), 2, False),  # one of the receiver's two entries
    ],
)
def test_a_test_has_arrived_when_nothing_begun_is_open(since, wanted, arrived):
    assert delivery.is_complete({"webhook": since}, {"webhook": wanted}) is arrived


def test_a_delivery_is_told_with_its_time():
    found = delivery.judge("chat", {"webhook": Count(1, 1, 0)}, {"webhook": 1}, 1.25)
    assert (found.check, found.ok, found.detail) == ("receiver chat", True, "webhook delivered in 1.2 s")


def test_a_failure_is_told_with_counts_and_cure():
    found = delivery.judge("chat", {"webhook": Count(1, 3, 3)}, {"webhook": 1}, 60.2)
    assert found.detail == "webhook not delivered in 60 s: 0 of 1 notifications accepted, 3 attempts failed"
    assert "journalctl -u prometheus-alertmanager" in found.cure


def test_a_silence_is_named_as_the_reason():
    held = delivery.suppression([{"status": {"silencedBy": ["3f2a"]}}])
    found = delivery.judge("chat", {"webhook": Count()}, {"webhook": 1}, 60, held)
    assert "it is silenced by 3f2a" in found.detail
    assert found.cure.startswith("end the silence")


def test_nothing_holds_back_an_active_alert():
    assert delivery.suppression([{"status": {"silencedBy": [], "inhibitedBy": [], "state": "active"}}]) == ""


def test_a_receiver_without_integrations_has_nothing_to_prove():
    assert delivery.judge("null", {}, {}, 0).ok
