from __future__ import annotations

import io
import stat
import tarfile

import pytest

from bongsu.lab import container, keys
from bongsu.lab.spec import LabHost
from bongsu.lab.state import State

HOST = LabHost("mon", "12", "10.89.77.11", ("nginx.service",))


def test_arguments_fix_address_and_mac_and_keep_the_journal():
    arguments = container.create_arguments("bongsu", HOST, "image")
    for argument in ("--ip=10.89.77.11", "--mac-address=02:b0:0a:59:4d:0b", "--volume=/var/log/journal"):
        assert argument in arguments
    assert "--cap-add=SYS_ADMIN" in arguments  # without it, systemd's sandboxing is silently ignored
    assert not any("privileged" in argument for argument in arguments)


def test_a_change_of_the_specification_changes_the_fingerprint():
    one = container.fingerprint(["a"], "key", ())
    assert one == container.fingerprint(["a"], "key", ())
    assert one != container.fingerprint(["a"], "key", ("x.service",))


@pytest.fixture
def overlay(tmp_path):
    keys.ensure_key(tmp_path / keys.HOST_KEY)
    data = keys.overlay(tmp_path / keys.HOST_KEY, "ssh-ed25519 AAAA", HOST.units)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        yield {entry.name: entry for entry in tar.getmembers()}


def test_the_overlay_has_the_modes_that_sshd_demands(overlay):
    modes = {name: stat.S_IMODE(entry.mode) for name, entry in overlay.items() if not entry.issym()}
    assert modes == {
        "etc/ssh/ssh_host_ed25519_key": 0o600,
        "etc/ssh/ssh_host_ed25519_key.pub": 0o644,
        "root/.ssh": 0o700,
        "root/.ssh/authorized_keys": 0o600,
        "etc/systemd/system/lab-network-settings.service": 0o644,
    }
    assert {(entry.uid, entry.gid) for entry in overlay.values()} == {(0, 0)}


def test_the_overlay_starts_the_hosts_units(overlay):
    link = overlay["etc/systemd/system/multi-user.target.wants/nginx.service"]
    assert link.linkname == "/lib/systemd/system/nginx.service"


def test_keys_are_made_once(tmp_path):
    first = keys.ensure_key(tmp_path / "key")
    assert first.startswith("ssh-ed25519 ")
    assert keys.ensure_key(tmp_path / "key") == first


@pytest.mark.usefixtures("state_home")
@pytest.mark.parametrize(
    ("command", "last"),
    [
        ((), "root@10.89.77.11"),
        (("systemctl stop x && echo done",), "systemctl stop x && echo done"),
        (("printf", "%s", "two words"), "printf %s 'two words'"),
    ],
)
def test_ssh_takes_a_script_or_an_argument_list(command, last):
    argv = container.ssh_argv(State("x"), HOST, *command)
    assert argv[0] == "ssh"
    assert argv[-1] == last


def test_ssh_ignores_the_operators_own_settings(tmp_path):
    options = keys.ssh_options(tmp_path / "with space")
    assert options[:2] == ["-F", "none"]
    assert "StrictHostKeyChecking=yes" in options
    assert f'IdentityFile="{tmp_path}/with space/id_ed25519"' in options
