"""A stock machine, its own monitor, with everything of site.yml: still so after a reboot and after a power cut."""

import subprocess

import pytest
from machine_side import assert_as_wanted, role, site

from bongsu import paths
from bongsu.bench import _play

VERIFY = paths.project_root() / "playbooks/verify.yml"


@pytest.fixture(scope="module")
def server(vm):
    site(vm).require_ok()
    return vm


def login(vm, *options):
    """Log in over a connection of its own."""
    ssh, *rest = vm.ssh_argv("true")
    given = [word for option in options for word in ("-o", option)]
    return subprocess.run([ssh, *given, *rest], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_all_that_was_asked_for_is_in_effect(server):
    assert_as_wanted(server)
    _play.playbook(server, VERIFY).require_ok()


def test_the_second_run_is_silent(server):
    site(server).require_unchanged()
    site(server, "--check").require_unchanged()


def test_only_a_key_leads_in(server):
    assert login(server).returncode == 0
    assert "Permission denied (publickey)" in login(server, "PubkeyAuthentication=no").stderr


def test_it_holds_after_a_reboot(server):
    server.reboot()
    assert_as_wanted(server)
    _play.playbook(server, VERIFY).require_ok()
    site(server).require_unchanged()


def test_what_a_run_reported_as_done_survives_a_power_cut_at_its_end(server):
    done = role(server, "ssh_server", ssh_server_profile="strict").require_ok()
    server.cut()
    assert done.changed[server.name] > 0
    server.start()
    assert_as_wanted(server)
    refused = login(server, "KexAlgorithms=curve25519-sha256")
    assert "no matching key exchange method" in refused.stderr
    assert role(server, "ssh_server", ssh_server_profile="strict").require_unchanged()
