"""The playbook of builtin tasks: complete, nothing twice, and nothing to do where it has been carried out."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bongsu.bench import _builtin, _play


def manifest(component, files=(), packages=(), units=()):
    return {
        "component": component,
        "packages": [{"name": name, "version": None} for name in packages],
        "files": [
            {"dest": dest, "state": state, "owner": "root", "group": "root", "mode": "0644", "on_change": "none"}
            for dest, state in files
        ],
        "units": [{"name": name, "enabled": True, "started": True, "masked": False} for name in units],
    }


AGENT = manifest(
    "node_exporter",
    files=[("/etc/prometheus", "directory"), ("/etc/prometheus/web.yml", "file")],
    packages=["prometheus-node-exporter", "dbus"],
    units=["prometheus-node-exporter.service"],
)
TARGETS = [
    manifest(f"scrape_target.{name}", files=[("/etc/prometheus", "directory"), (f"/etc/prometheus/{name}.yml", "file")])
    for name in ("web1", "web2")
]
TOOLKIT = manifest("bongsu", files=[("/usr/lib/bongsu/bongsu", "file")], units=["bongsu-drift.timer"])


def dests(part, kind):
    return [item["dest"] for item in part[kind]]


def test_a_path_appears_once_and_targets_are_one_part():
    found = _builtin.parts([*TARGETS, AGENT])
    assert list(found) == ["node_exporter", "scrape_target"]
    assert dests(found["node_exporter"], "directories") == ["/etc/prometheus"]
    assert dests(found["scrape_target"], "directories") == []
    assert dests(found["scrape_target"], "files") == ["/etc/prometheus/web1.yml", "/etc/prometheus/web2.yml"]


def test_the_toolkits_own_component_is_not_asked_of_the_other_side():
    assert _builtin.parts([TOOLKIT]) == {}


def test_a_unit_of_another_part_is_left_to_that_one():
    sandbox = manifest("service_sandbox", units=["prometheus-node-exporter.service"])
    sandbox["units"][0] |= {"enabled": False, "started": False, "as_found": True}
    assert _builtin.parts([AGENT, sandbox])["service_sandbox"]["units"] == []


def test_a_path_that_must_not_be_is_removed():
    found = _builtin.parts([manifest("probe_target.web1", files=[("/etc/x.yml", "absent")])])
    assert found["probe_target"]["absent"] == ["/etc/x.yml"]
    assert dests(found["probe_target"], "files") == []


def test_components_of_the_same_hosts_share_a_play_in_the_order_of_the_site():
    agent, certificate = (_builtin.parts([one]) for one in (AGENT, manifest("host_certificate", packages=["openssl"])))
    monitor = _builtin.parts([manifest("prometheus", packages=["prometheus"]), *TARGETS])
    both = agent | certificate
    made = _builtin.plays({"web1": both, "monitor1": both | monitor})
    assert [(play["hosts"], [task["name"] for task in play["tasks"]]) for play in made] == [
        (
            ["monitor1", "web1"],
            [
                "host_certificate: packages",
                *(f"node_exporter: {kind}" for kind in ("packages", "directories", "files", "units")),
            ],
        ),
        (["monitor1"], ["prometheus: packages", "scrape_target: directories", "scrape_target: files"]),
    ]


def test_items_are_counted_over_all_hosts():
    found = _builtin.parts([AGENT, *TARGETS])
    counted = _builtin.count({"a": found, "b": _builtin.parts([AGENT])})
    assert counted == {"packages": 2, "directories": 2, "files": 4, "absent": 0, "units": 2}


@pytest.mark.parametrize("kind", sorted(_builtin.TASKS))
def test_a_task_goes_over_its_own_items(kind):
    task = _builtin._task("web", kind)
    assert f"builtin_parts['web'].{kind}" in str(task)
    assert "{items}" not in str(task)


def test_it_makes_what_the_manifests_say_and_then_finds_nothing_to_do(tmp_path):
    """Really run, on this machine, below a directory of its own."""
    target = tmp_path / "host"
    target.mkdir()
    me = pwd.getpwuid(os.getuid()).pw_name
    made = manifest("web", files=[(f"{target}/etc", "directory"), (f"{target}/etc/a b.conf", "file")])
    for file in made["files"]:
        file |= {"owner": me, "group": str(os.getgid()), "mode": "0755" if file["state"] == "directory" else "0640"}
    content = b"{{ not a template }}\n"
    deployed = _builtin.Deployed([made], {f"{target}/etc/a b.conf": content})
    work = tmp_path / "work"
    work.mkdir()
    playbook, inventory = _builtin.write(work, {"here": deployed})
    hosts = tmp_path / "hosts.yml"
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts.write_text(yaml.safe_dump({"all": {"hosts": {"here": local}}}))

    def run():
        command = Path(sys.executable).with_name("ansible-playbook")
        argv = [command, "-i", hosts, "-i", inventory, "-e", "ansible_become=false", playbook]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return _play.recap(done.stdout)

    assert run() == {"here": 2}
    file = target / "etc" / "a b.conf"
    assert (file.read_bytes(), f"{file.stat().st_mode & 0o777:04o}") == (content, "0640")
    assert run() == {"here": 0}
    assert work.stat().st_mode & 0o777 == 0o700
