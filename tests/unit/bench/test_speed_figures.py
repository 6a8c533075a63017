"""Which readings hold their bars, and what the script holds that the first converge is measured against."""

import subprocess

import pytest

from bongsu.bench import first_converge, noop, vs_builtin

BOTH = ("ansible-playbook", "bongsu provision")


def walls(*seconds):
    """Readings by size, both commands alike."""
    return {size: dict.fromkeys(BOTH, [wall] * 3) for size, wall in zip((3, 6, 12), seconds, strict=True)}


def test_a_host_among_twelve_is_what_counts():
    figure = noop.judge(0.5, walls(2.4, 3.0, 4.8))
    assert (round(figure.value, 3), figure.holds) == (0.4, True)
    assert figure.detail["median_per_host"][3]["bongsu provision"] == 0.8
    assert figure.detail["one_more_host"] == dict.fromkeys(BOTH, 0.3)


def test_the_slower_command_counts():
    readings = walls(2.4, 3.0, 4.8)
    readings[12]["bongsu provision"] = [6.6, 6.6, 1.0]
    figure = noop.judge(0.5, readings)
    assert (round(figure.value, 3), figure.holds) == (0.55, False)


def test_a_cost_that_grows_faster_than_the_fleet_does_not_hold():
    assert noop.judge(2.5, walls(3.0, 6.0, 13.0)).holds
    figure = noop.judge(2.5, walls(3.0, 6.0, 24.0))
    assert (figure.value, figure.holds, figure.detail["grows_linearly"]) == (2.0, False, False)


@pytest.mark.parametrize(("builtin", "holds"), [(160.0, True), (159.0, False)])
def test_the_ratio_is_that_of_the_medians(builtin, holds):
    seconds = {"full": [20.0, 19.0, 90.0], "builtin": [builtin, 1.0, 900.0]}
    figure = vs_builtin.judge(8, seconds, {"files": 3})
    assert (figure.value, figure.holds) == (builtin / 20.0, holds)


def test_a_playbook_without_tasks_proves_nothing():
    assert not vs_builtin.judge(8, {"full": [1.0], "builtin": [100.0]}, {"files": 0}).holds


def first(server1, server2, monitor2):
    pairs = {"server1": server1, "server2": server2, "monitor2": monitor2}
    return {host: {"converge": [10.0 * ratio], "script": [10.0]} for host, ratio in pairs.items()}


@pytest.mark.parametrize(
    ("ratios", "value"), [((1.2, 1.1, 9.0), 1.2), ((1.0, 1.25, 9.0), 1.25), ((1.3, 1.0, 1.0), 1.3)]
)
def test_the_worse_server_counts_and_the_monitor_is_told(ratios, value):
    figure = first_converge.judge(1.3, first(*ratios))
    assert (round(figure.value, 3), figure.holds) == (value, value < 1.3)
    assert figure.detail["ratio"]["monitor2"] == ratios[2]


def test_the_script_is_a_script_and_names_everything():
    text = first_converge.script(["openssl", "prometheus-node-exporter"], ["prometheus-node-exporter.service"])
    checked = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "openssl prometheus-node-exporter </dev/null" in text
    for verb in ("enable --quiet", "restart", "is-active --quiet"):
        assert f"systemctl {verb} prometheus-node-exporter.service\n" in text
