"""A host that leaves is as it was before: files, packages, units and accounts, but for what is listed with reasons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from operator_side import said

from bongsu.bench import _snapshot
from bongsu.bench._victims import Victim

HOSTS = ("server12", "server13", "monitor12", "monitor13")
LOOK = _snapshot.Look()  # every file by its content, every unit

# What may differ after the removal: a pattern of `_snapshot.differences` lines, and why.
REASONS = {
    r"paths: /var/log/": "logs are the host's memory, and stay",
    r"paths: /var/cache/": "what apt downloaded and debconf answered is a cache",
    r"paths: /var/lib/(apt|dpkg)/": "their databases are compared by what they say: packages, marks, holds",
    r"paths: /var/lib/systemd/(timers|random-seed|catalog|deb-systemd-helper-masked)": "systemd's own bookkeeping",
    r"paths: /var/lib/prometheus/kept-": "a monitor's measurements: nothing is ever lost",
    r"paths: /etc/(passwd|group|shadow|gshadow|subuid|subgid)": "Debian's packages leave their system user",
}


@pytest.fixture(scope="module")
def victims(leaving, tmp_path_factory):
    work = tmp_path_factory.mktemp("leaving")
    return {name: Victim(leaving.lab, name, work) for name in HOSTS}


@pytest.fixture(scope="module")
def before(leaving, victims):
    """Every host as it was before the first run, which then provisions all."""
    looks = {name: _snapshot.take(victim, LOOK) for name, victim in victims.items()}
    leaving.succeed("site.yml")
    return looks


def unexplained(before, after):
    lines = _snapshot.differences(before, after)
    return [line for line in lines if not any(re.match(pattern, line) for pattern in REASONS)]


def test_a_dead_host_is_forgotten_and_told_of(leaving, victims, before):
    leaving.lab.kill("server13")
    result = leaving.succeed("decommission.yml", extra_vars={"host": "server13"})
    words = " ".join(Path(result.artifacts, "ansible/stdout").read_text().split())
    assert "server13: does not answer, and still has on it what was placed there" in words
    leaving.lab.start("server13")
    assert _snapshot.take(victims["server13"], LOOK)["manifests"]


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_that_leaves_is_as_before(leaving, victims, before, name):
    """The host that was dead among them: run again when it is back, decommission finishes its work."""
    leaving.succeed("decommission.yml", extra_vars={"host": name}, check=True, diff=True)
    assert _snapshot.take(victims[name], LOOK)["manifests"], "check mode took something away"
    leaving.succeed("decommission.yml", extra_vars={"host": name})
    after = _snapshot.take(victims[name], LOOK)
    assert unexplained(before[name], after) == []
    assert after["audit"] == ""
    assert after["journals"] == {"open": [], "never_opened": []}


def test_a_second_decommission_changes_nothing_on_the_host(leaving, before):
    assert leaving.succeed("decommission.yml", extra_vars={"host": "server12"}).hosts["server12"].changed == 0


def test_the_monitor_that_stays_watches_itself_alone_and_pages_nobody(leaving, before, eventually):
    eventually(lambda: leaving.watched("stays") == {"stays"}, 60)
    pages = [
        (alert["labels"]["alertname"], alert["labels"].get("instance"))
        for entry in leaving.lab.received()
        for alert in entry["body"]["alerts"]
        if alert["labels"].get("severity") == "page" and alert["labels"].get("instance") != "server13"
    ]
    assert not pages, "taking hosts away on purpose must not page anybody"


def test_what_is_no_host_is_refused(leaving, before):
    for name in ("servers", "all", "stays:server12"):
        result = leaving.run("decommission.yml", extra_vars={"host": name})
        assert result.status == "failed"
        assert "Not the name of one host" in said(result)
