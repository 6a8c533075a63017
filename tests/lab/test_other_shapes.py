"""Inventories of other shapes: three monitors; one server that watches itself, from outside and from within."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile

import pytest
import yaml

from bongsu import paths, proof
from bongsu.lab.state import NO_TIME


def test_three_monitors_form_one_mesh_and_page_once(trio):
    trio.succeed("site.yml")
    trio.succeed("verify.yml")
    assert all(host.changed == 0 for host in trio.succeed("site.yml").hosts.values())
    assert proof.stop_and_time(trio.lab, "monitor3", unit="cron.service").notifications == 1


@pytest.fixture(scope="module")
def checkout_on_host(solo):
    """A copy of the project and an inventory of the host itself, on the host: it has no controller but itself."""
    pack = io.BytesIO()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=paths.project_root(),
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=pack, mode="w") as archive:
        for name in sorted(filter(None, listed.stdout.decode().split("\0"))):
            if (paths.project_root() / name).is_file():
                archive.add(paths.project_root() / name, f"bongsu/{name}")
        # Where the way out needs an authority of its own, the host is told of it as the controller was.
        bundle = os.environ.get("PIP_CERT")
        if bundle:
            archive.add(bundle, "pip-authorities.pem")
    subprocess.run(solo.lab.ssh_argv("alone", "tar -x -h -C /root"), input=pack.getvalue(), check=True)
    return "/root/bongsu"


def test_a_bare_server_provisions_itself_through_the_launcher(solo, checkout_on_host):
    """Debian 13 with nothing installed: ``init``, a local inventory, ``provision`` and ``verify``."""
    inventory = "all: {children: {monitors: {hosts: {alone: {ansible_connection: local}}}}}"
    variables = {
        name: value
        for name, value in yaml.safe_load((solo.lab.inventory / "hosts.yml").read_text())["all"]["vars"].items()
        if not name.startswith("lab_")
    }
    variables |= {"time_sync_controls": NO_TIME, "bongsu_operators": [str(solo.lab.spec.gateway)]}
    token = solo.lab.secrets()["lab_sink_token"]
    script = f"""
set -eu
if [ -e /root/pip-authorities.pem ]; then export PIP_CERT=/root/pip-authorities.pem; fi
cd {checkout_on_host}
./bongsu init /root/site
printf '%s' '{inventory}' > /root/site/hosts.yml
printf '%s' '{json.dumps(variables)}' > /root/site/group_vars/all/main.yml
printf 'lab_sink_token: %s' '{token}' > /root/site/group_vars/all/sink.yml
.venv/bin/ansible-vault encrypt --vault-password-file ~/.config/bongsu/vault/site /root/site/group_vars/all/sink.yml
./bongsu provision -i /root/site
./bongsu provision -i /root/site --json > /root/second.json
./bongsu verify -i /root/site
"""
    done = solo.lab.run("alone", script, timeout=600)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    second = json.loads(solo.lab.run("alone", ["cat", "/root/second.json"]).stdout)
    assert [host["changed"] for host in second["hosts"].values()] == [0]
    assert any("bongsu_test" in str(entry["body"]) for entry in solo.lab.received())


def test_the_same_server_is_provisioned_from_outside(solo):
    solo.succeed("site.yml")
    solo.succeed("verify.yml")
    assert all(host.changed == 0 for host in solo.succeed("site.yml").hosts.values())
    assert proof.stop_and_time(solo.lab, "alone", unit="cron.service").notifications == 1
