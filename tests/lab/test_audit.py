"""`bongsu audit` on a host of its own: what scanners find is kept and told, and the host ends as it was."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bongsu import paths
from bongsu.audit import findings, rules
from bongsu.lab import machine

HOST = "alone"
# All that an audit might leave, but for what any login, Ansible and any package installation leave.
STATE = """
dpkg-query --show --showformat '${Package} ${Status}\n'
find /root/.ansible/tmp -mindepth 1
ls -A /tmp /var/lib/bongsu /var/lib/bongsu/components /var/lib/prometheus/node-exporter
ls /etc/systemd/system /etc/cron.daily /var/log
"""


def audit(operator):
    """Run the command as an operator does; return status and document."""
    lab = operator.lab
    sources = [word for path in lab.inventories for word in ("-i", str(path))]
    argv = [sys.executable, "-m", "bongsu", "audit", *sources, "--json"]
    env = machine.environment(**lab.env())
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def first(audited):
    """The first audit of a provisioned host: how the host was before and after, and what came of it."""
    audited.succeed("site.yml")
    # What they tell each minute, or once a run has come to rest, they have told before.
    units = "bongsu-firewall.service bongsu-bans-look.service aidecheck.service"
    audited.lab.run(HOST, f"systemctl start {units}", check=True)
    before = audited.lab.run(HOST, STATE).stdout
    status, document = audit(audited)
    return {"before": before, "status": status, "document": document}


def test_three_scanners_give_a_score_and_the_first_audit_is_a_success(first):
    assert (first["status"], first["document"]["status"]) == (0, "ok"), first["document"]
    (one,) = first["document"]["audits"]
    scanners = one["scanners"]
    assert set(scanners) == {"lynis", "openscap", "ssh_audit"}
    assert all(0 < part["score"] < 100 and part["findings"] for part in scanners.values())
    # A scanner that sees a container finds more than half of the rules not applicable.
    assert scanners["openscap"]["not_applicable"] < 100
    assert scanners["openscap"]["passed"] + scanners["openscap"]["failed"] > 300


def test_the_host_ends_as_it_was(audited, first):
    after = audited.lab.run(HOST, STATE).stdout
    assert set(after.splitlines()) - set(first["before"].splitlines()) == {"bongsu_audit.prom"}
    assert set(first["before"].splitlines()) - set(after.splitlines()) == set()


def test_the_monitors_know_the_scores(audited, first, eventually):
    (one,) = first["document"]["audits"]
    eventually(lambda: audited.query(HOST, f'bongsu_audit_score{{instance="{HOST}"}}'), 60)
    seen = {
        sample["metric"]["scanner"]: float(sample["value"][1])
        for sample in audited.query(HOST, f'bongsu_audit_score{{instance="{HOST}"}}')
    }
    assert seen == {name: part["score"] for name, part in one["scanners"].items()}


def test_the_projects_reasons_are_about_rules_that_there_are(first):
    """A release has its own: each rule must be one of some release."""
    found = set()
    for release in ("12", "13"):
        (path,) = (paths.cache_dir() / "scap").glob(f"ssg-debian_*-debian{release}.xml.xz")
        found |= rules.read(path).keys()
    assert findings.explained()["openscap"].keys() <= found


def test_what_has_become_weak_makes_the_score_fall_and_is_named(audited, first):
    audited.lab.run(HOST, "chmod 0666 /etc/passwd", check=True)
    try:
        status, document = audit(audited)
    finally:
        audited.lab.run(HOST, "chmod 0644 /etc/passwd", check=True)
    assert (status, document["status"]) == (1, "fallen")
    assert {"host": HOST, "scanner": "openscap"} in document["fallen"]
    (one,) = document["audits"]
    part = one["scanners"]["openscap"]
    assert part["last"] == part["reference"] > part["score"]
    (weak,) = (finding for finding in part["findings"] if finding["id"] == "file_permissions_etc_passwd")
    assert (weak["state"], weak["sections"]) == ("open", ["7.1.1"])
    assert len(list((audited.lab.state.path / "evidence/audit" / HOST).glob("*.json"))) == 2
