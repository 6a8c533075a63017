"""Folding of a run's events into its result."""

import pytest

from bongsu import events
from bongsu.events import Event, Failure, HostResult, RunResult


def raw(event, **data):
    return {"event": event, "event_data": data}


def folded(*raws, return_code=0, interrupted=False):
    result = RunResult()
    for one in raws:
        event = events.parse(one)
        if event is not None:
            events.fold(result, event)
    events.conclude(result, return_code, interrupted=interrupted)
    return result


OK = raw("runner_on_ok", host="a", task="Write", role="r", task_path="x.yml:3", duration=1.5, res={"changed": True})
FAILED = raw("runner_on_failed", host="a", task="Check", task_path="x.yml:9", res={"msg": "no", "failed": True})


def test_counts_and_seconds_of_a_host():
    result = folded(OK, OK, raw("runner_on_ok", host="a", task="Look", duration=0.5, res={"changed": False}))
    assert result.hosts == {"a": HostResult(ok=3, changed=2, seconds=3.5)}
    assert (result.status, result.exit_status, result.changed) == ("ok", 0, 2)


def test_a_task_is_named_with_its_role():
    assert events.parse(OK).task == "r : Write"
    assert events.parse(OK).path == "x.yml:3"


def test_a_failure_keeps_its_own_words_and_place():
    result = folded(FAILED, return_code=2)
    assert result.hosts["a"].failures == [Failure("Check", "x.yml:9", "no")]
    assert (result.status, result.exit_status) == ("failed", 1)


def test_an_unreachable_host_is_a_failed_one():
    result = folded(raw("runner_on_unreachable", host="a", task="T", res={"msg": "no route"}), return_code=4)
    assert result.hosts["a"].state == "unreachable"
    assert result.exit_status == 1


def test_an_ignored_failure_is_none():
    ignored = raw("runner_on_failed", host="a", task="T", res={"msg": "no"}, ignore_errors=True)
    assert folded(ignored).hosts["a"].state == "ok"


def test_a_rescued_failure_is_none_in_the_end():
    stats = raw("playbook_on_stats", failures={}, dark={}, rescued={"a": 1})
    assert folded(FAILED, stats).status == "ok"


def test_a_failure_that_the_tally_confirms_stays():
    stats = raw("playbook_on_stats", failures={"a": 1}, dark={})
    assert folded(FAILED, stats, return_code=2).status == "failed"


def test_a_playbook_that_cannot_run_is_bad_input():
    result = folded({"event": "verbose", "stdout": "[ERROR]: no such module\n"}, return_code=4)
    assert (result.status, result.exit_status, result.errors) == ("bad_input", 2, ["no such module"])


def test_an_interrupted_run_says_so_whatever_failed():
    assert folded(FAILED, return_code=254, interrupted=True).exit_status == 130


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"msg": "boom"}, "boom"),
        ({"msg": "non-zero return code", "stderr": "nginx: bad\n"}, "non-zero return code\nnginx: bad"),
        ({"msg": "said: bad", "stderr": "bad"}, "said: bad"),
        ({"msg": "one or more", "results": [{"failed": True, "msg": "x"}, {"msg": "y"}]}, "x"),
        ({"censored": "hidden"}, "hidden"),
        ({}, "failed without a message"),
    ],
)
def test_failure_messages(result, message):
    assert events.failure_message(result) == message


def test_a_diff_of_texts_and_one_ready_made():
    made = events.diff_text({"diff": [{"before": "a\n", "after": "b\n", "after_header": "/etc/x"}]})
    assert made == "--- before\n+++ /etc/x\n@@ -1 +1 @@\n-a\n+b\n"
    assert events.diff_text({"diff": {"prepared": "> x"}}) == "> x\n"
    assert events.diff_text({"changed": True}) == ""


def test_the_document_is_plain_data_in_order():
    result = RunResult(hosts={"b": HostResult(), "a": HostResult(failures=[Failure("T", "x:1", "no")])})
    document = result.document()
    assert list(document["hosts"]) == ["a", "b"]
    assert document["hosts"]["a"]["failures"] == [{"task": "T", "path": "x:1", "message": "no"}]
    assert document["hosts"]["a"]["state"] == "failed"


def test_what_tells_nothing_is_no_event():
    assert events.parse({"event": "verbose", "stdout": "some warning"}) is None
    assert events.parse(raw("runner_item_on_ok", host="a")) is None


def test_the_result_is_handed_on_for_those_who_read_more():
    assert events.parse(raw("runner_on_ok", host="a", task="T", res={"round_trips": 1})).result == {"round_trips": 1}
    assert events.parse(raw("playbook_on_play_start", name="Play")) == Event("play", task="Play")
