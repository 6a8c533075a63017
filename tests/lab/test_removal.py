"""A host that leaves is as it was before: files, packages, units and accounts, but for what is listed with reasons."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from operator_side import said

from bongsu.bench import _snapshot
from bongsu.bench._victims import Victim

HOSTS = ("server12", "server13", "monitor12", "monitor13")
DEAD = ("server13", "monitor12")  # for a while
LOOK = _snapshot.Look()  # every file by its content, every unit

# What may differ after the removal: lines of `_snapshot.differences`, whole, and why.
ANY = r"\[.*\] -> \[.*\]"
NEW = r"absent -> \[.*\]"
FETCHER = r"\['directory', 'root', 'root', '0[0-9]+', ''\] -> \['directory', '_apt', 'root', '0[0-9]+', ''\]"
REASONS = {
    # The host's memory of what was done to it.
    rf"paths: /var/log/(dpkg\.log|apt/(history\.log|term\.log|eipp\.log\.xz)): {ANY}": "what they did",
    r"paths: /var/log/journal/[0-9a-f]+/(system|user-\d+)(@[0-9a-f-]+)?\.journal~?: .*": "the journal goes on",
    rf"paths: /var/log/(wtmp|lastlog|btmp): {ANY}": "the controller logged in",
    # What Debian's tools keep of any package that came and went.
    rf"paths: /var/cache/apt/archives/[^/]+\.deb: {NEW}": "apt keeps what it downloaded until `apt-get clean`",
    rf"paths: /var/cache/apt/(pkgcache|srcpkgcache)\.bin: ({ANY}|{NEW})": "apt's index of its own lists",
    rf"paths: /var/(cache/apt/archives/partial|lib/apt/lists/(auxfiles|partial)): {FETCHER}": "apt's fetcher has them",
    rf"paths: /var/lib/apt/lists/[^/]+_(InRelease|Packages)(\.lz4)?: ({ANY}|{NEW})": "apt's lists, once an hour old",
    rf"paths: /var/cache/debconf/(config|templates)\.dat-old: {ANY}": "the copy before debconf's last change",
    r"paths: /var/cache/debconf/tmp\.ci: absent -> \['directory', 'root', 'root', '0755', ''\]": "debconf's, empty",
    rf"paths: /var/cache/ldconfig/aux-cache: {ANY}": "ldconfig's index: libraries came and went",
    rf"paths: /var/lib/dpkg/(status|statoverride|diversions)-old: {ANY}": "the copy before dpkg's last change",
    rf"paths: /var/log/unattended-upgrades(/[a-z-]+\.log)?: {NEW}": "a log that its package leaves",
    rf"paths: /var/lib/ucf/(hashfile|registry)\.\d: ({ANY}|{NEW})": "the copies before ucf's last changes",
    rf"paths: /var/lib/ucf/(hashfile|registry): {ANY}": "another order: the lines are compared by themselves",
    rf"paths: /var/log/alternatives\.log: {ANY}": "what they did, too",
    # When Debian's own timers last ran, which were there before.
    rf"paths: /var/lib/systemd/timers/stamp-apt-daily(-upgrade)?\.timer: {NEW}": "systemd's note of that",
    rf"paths: /var/backups/(alternatives\.tar|dpkg\.[a-z]+)\.\d+(\.gz)?: ({ANY}|{NEW})": "dpkg's copies at midnight",
    rf"paths: /var/lib/apt/(daily_lock|periodic/[a-z-]+-stamp): {NEW}": "apt's notes of its daily work, if that came",
    rf"paths: /var/backups/apt\.extended_states\.\d+(\.gz)?: ({ANY}|{NEW})": "apt's copy before its daily work",
    r"units: (network-pre|time-set|time-sync)\.target: static inactive -> static active": "a milestone of this boot",
    # Of a host that lost its power: systemd clears it by age.
    rf"paths: /var/tmp/systemd-private-[0-9a-f]+-chrony\.service-\w+(/tmp)?: {NEW}": "a daemon's own /tmp",
    # Only Debian's own user: test_a_host_that_leaves_is_as_before looks at each line.
    rf"paths: /etc/(passwd|group|shadow|gshadow)-?: {ANY}": "Debian's packages leave their system user",
}
OF_KIND = {
    "server": {rf"paths: /var/log/nginx/access\.log: {ANY}": "the monitors asked for its page"},
    "monitor": {
        r"paths: /var/lib/prometheus: absent -> \['directory', 'prometheus', 'prometheus', '0755', ''\]": "their home",
        rf"paths: /var/lib/prometheus/kept-\d{{8}}T\d{{6}}Z(/.*)?: {NEW}": "measurements: nothing is ever lost",
    },
}
ACCOUNTS = {f"{file}: prometheus" for file in ("passwd", "group", "shadow", "gshadow")}


@pytest.fixture(scope="module")
def victims(leaving, tmp_path_factory):
    work = tmp_path_factory.mktemp("leaving")
    return {name: Victim(leaving.lab, name, work) for name in HOSTS}


@pytest.fixture(scope="module")
def before(leaving, victims):
    """Every host as it was before the first run, which then provisions all.

    Two of them boot again later: some units run at an image's first boot alone (ConditionNeedsUpdate=), so all have
    booted twice.
    """
    for victim in victims.values():
        boot_again(leaving.lab, victim)
    looks = {
        name: {**_snapshot.take(victim, LOOK), "accounts": accounts(victim), "registered": registered(victim)}
        for name, victim in victims.items()
    }
    leaving.succeed("site.yml")
    return looks


def boot_again(lab, victim):
    lab.kill(victim.name)
    lab.start(victim.name)
    victim.inside("systemctl", "is-system-running", "--wait", check=False)


def accounts(victim):
    """Give every line of the account files."""
    lines = victim.inside("grep", "", *(f"/etc/{file}" for file in ("passwd", "group", "shadow", "gshadow"))).stdout
    return {line.removeprefix("/etc/") for line in lines.splitlines()}


def registered(victim):
    """Give every line of what ucf keeps of packages' configuration files."""
    return set(victim.inside("cat", "/var/lib/ucf/hashfile", "/var/lib/ucf/registry").stdout.splitlines())


def output(result):
    return " ".join(Path(result.artifacts, "ansible/stdout").read_text().split())


def known_targets(monitor):
    """Name the hosts whose targets a monitor has on its disk."""
    return {Path(path).stem for path in monitor.inside("ls", "/etc/prometheus/targets.d/node").stdout.split()}


def unexplained(name, before, after):
    reasons = REASONS | OF_KIND[name.rstrip("123")]
    lines = _snapshot.differences(before, after)
    return [line for line in lines if not any(re.fullmatch(pattern, line) for pattern in reasons)]


def test_a_dead_host_is_forgotten_and_told_of_and_so_is_a_dead_monitor(leaving, victims, before, eventually):
    """The monitor that is dead comes first in the group: no task may depend on that one."""
    for name in DEAD:
        leaving.lab.kill(name)
    words = output(leaving.succeed("decommission.yml", extra_vars={"host": "server13"}))
    assert "server13: does not answer, and still has on it what was placed there" in words
    assert "server13: no monitor that answers watches it any more" in words
    assert "monitor12: does not answer, and may go on watching it once it is back" in words
    assert "server13" not in leaving.watched("stays")
    for name in DEAD:
        leaving.lab.start(name)
        victims[name].inside("systemctl", "is-system-running", "--wait", check=False)
        assert _snapshot.take(victims[name], LOOK)["manifests"]
    eventually(lambda: "server13" in known_targets(victims["monitor12"]), 60)


def test_a_living_monitor_that_goes_on_watching_fails_the_run(leaving, victims, before, eventually):
    target = "/etc/prometheus/targets.d/node/of-somebody.yml"
    victims["monitor13"].place(f"{target}.new", "- {targets: ['10.89.94.99:9100'], labels: {instance: ghost}}\n")
    # Prometheus reads it at once, and not again where it may not read it yet.
    victims["monitor13"].inside("mv", f"{target}.new", target)
    eventually(lambda: leaving.query("monitor13", 'up{instance="ghost"}'), 60)
    result = leaving.run("decommission.yml", extra_vars={"host": "ghost", "prometheus_verify_deadline": 5})
    victims["monitor13"].inside("rm", target)
    assert result.status == "failed"
    assert "monitor13: this monitor does not watch all that it should" in said(result)
    assert "ghost (job node) is still a target" in said(result)
    assert "no monitor watches it any more" not in output(result)


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_that_leaves_is_as_before(leaving, victims, before, name):
    """The host that was dead among them: run again when it is back, decommission finishes its work."""
    if name not in DEAD:  # one of each kind is enough for that
        leaving.succeed("decommission.yml", extra_vars={"host": name}, check=True, diff=True)
        assert _snapshot.take(victims[name], LOOK)["manifests"], "check mode took something away"
    leaving.succeed("decommission.yml", extra_vars={"host": name})
    after = _snapshot.take(victims[name], LOOK)
    left = unexplained(name, before[name], after)
    assert not left, "\n".join(left)
    came = accounts(victims[name]) - before[name]["accounts"]
    assert before[name]["accounts"] <= accounts(victims[name])
    assert {":".join(line.split(":")[:2]).replace(":", ": ") for line in came} == ACCOUNTS
    was, now = before[name]["registered"], registered(victims[name])
    assert was <= now
    assert all(line.startswith("unattended-upgrades \t") for line in now - was), (
        "its package does not strike itself off"
    )
    assert after["audit"] == ""
    assert after["journals"] == {"open": [], "never_opened": []}


def test_a_second_decommission_changes_nothing_on_the_host_and_leaves_no_silence_but_its_own(leaving, victims, before):
    """By --limit, as Ansible alone is used, and not by name: what is done on a monitor counts as the host's, too."""
    stays = Victim(leaving.lab, "stays", victims["server12"].work)
    stays.inside("amtool", "silence", "add", "--duration=30d", "--author=me", "--comment=mine", "instance=server12")
    silenced, unsilenced = 1, 1
    assert leaving.succeed("decommission.yml", limit="server12").hosts["server12"].changed == silenced + unsilenced
    silences = json.loads(stays.inside("amtool", "silence", "query", "--output=json", "instance=server12").stdout)
    assert [silence["comment"] for silence in silences] == ["server12 is decommissioned"]


def test_the_monitor_that_stays_watches_itself_alone_and_pages_nobody(leaving, before, eventually):
    eventually(lambda: leaving.watched("stays") == {"stays"}, 60)
    pages = [
        [*(alert["labels"].get(name) for name in ("alertname", "instance", "name")), alert["startsAt"]]
        for entry in leaving.lab.received()
        for alert in entry["body"]["alerts"]
        if alert["labels"].get("severity") == "page" and alert["labels"].get("instance") not in (*DEAD, "ghost")
    ]
    assert not pages, f"taking hosts away on purpose must not page anybody: {pages}"


def test_what_is_no_host_is_refused(leaving, before):
    for name in ("servers", "all", "stays:server12"):
        result = leaving.run("decommission.yml", extra_vars={"host": name})
        assert result.status == "failed"
        assert "Not the name of one host" in said(result)
