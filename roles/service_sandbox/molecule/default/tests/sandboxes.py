"""What the tests of sandboxes share: the hosts, their services, and runs of the role."""

import json
from pathlib import Path

import testinfra
from lab_side import ADDRESSES, INVENTORY, play

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TOOL = "/usr/lib/bongsu/bongsu"
DROP_IN = "/etc/systemd/system/{}.d/zz-bongsu-sandbox.conf"
MONITORING = (
    "prometheus.service",
    "prometheus-alertmanager.service",
    "prometheus-blackbox-exporter.service",
    "prometheus-node-exporter.service",
)
UNITS = (*MONITORING, "chrony.service", "fail2ban.service")


def both():
    """Return the two hosts, by name."""
    return {name: testinfra.get_host(f"ansible://{name}", ansible_inventory=str(INVENTORY)) for name in ADDRESSES}


def run(*arguments, tags="service_sandbox", **variables):
    """Run the role, or what the tags say, on both hosts."""
    return play(CONVERGE, "--tags", tags, "--extra-vars", json.dumps(variables), *arguments)


def said(done):
    """Return what a run has said, in one line."""
    return " ".join((done.stdout + done.stderr).split())


def controls(host):
    """Return the verdict on each control of the role."""
    told = json.loads(host.run(f"{TOOL} controls service_sandbox --json").stdout)
    return {one["control"]: one for one in told}


def shown(host, unit, *properties):
    """Return properties of a unit, by name."""
    text = host.check_output(f"systemctl show --property={','.join(properties)} {unit}")
    return dict(line.split("=", 1) for line in text.splitlines())


def inside(host, unit, script):
    """Run a script as root with the view of the file systems that a service has."""
    number = shown(host, unit, "MainPID")["MainPID"]
    return host.run(f"nsenter --target {number} --mount -- sh -c '{script}'")
