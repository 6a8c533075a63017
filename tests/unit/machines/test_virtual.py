from __future__ import annotations

import subprocess

import pytest

from bongsu import inventory
from bongsu.errors import BadInput, BongsuError
from bongsu.machines import VirtualMachine, images, qemu


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A machine whose QEMU is `sleep`, and that answers at once; collects what was started."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    image = images.Image(tmp_path / "image")
    image.directory.mkdir()
    image.host_keys.write_text("ssh-ed25519 AAAA root@debian13\n")
    started = []

    def start(_argv):
        process = subprocess.Popen(["sleep", "600"], stderr=subprocess.PIPE)
        started.append(process)
        return process

    monkeypatch.setattr(images, "ensure", lambda _release, _progress: image)
    monkeypatch.setattr(qemu, "create_overlay", lambda _image, files: files.overlay.write_text("changes"))
    monkeypatch.setattr(qemu, "start", start)
    monkeypatch.setattr(VirtualMachine, "_ask", lambda _self: ("a-boot", "running"))
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_after_it_only_the_consoles_log_is_left(world):
    with VirtualMachine("13") as vm:
        vm.console.write_text("words")
        assert vm.inventory.is_dir()
    assert [process.poll() for process in world] == [-9]
    assert [path.name for path in vm.state.iterdir()] == ["console.log"]


def test_after_a_power_cut_it_goes_on_with_what_it_wrote(world):
    with VirtualMachine("13") as vm:
        overlay = vm.state / "overlay.qcow2"
        overlay.write_text("more changes")
        vm.cut()
        assert world[0].poll() == -9
        vm.start()
        assert len(world) == 2
        assert overlay.read_text() == "more changes"


def test_the_next_machine_begins_anew(world):
    with VirtualMachine("13") as vm:
        (vm.state / "overlay.qcow2").write_text("more changes")
    with VirtualMachine("13") as vm:
        assert (vm.state / "overlay.qcow2").read_text() == "changes"


def test_two_runs_do_not_share_a_machine_and_the_second_harms_nothing(world):
    with VirtualMachine("13") as vm:
        with pytest.raises(BadInput, match="another run has the virtual machine debian13"), VirtualMachine("13"):
            pass
        assert world[0].poll() is None
        assert vm.inventory.is_dir()


def test_an_interrupt_while_it_starts_leaves_nothing(world, monkeypatch):
    def interrupted(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(VirtualMachine, "_ask", interrupted)
    vm = VirtualMachine("13")
    with pytest.raises(KeyboardInterrupt):
        vm.__enter__()
    assert [process.poll() for process in world] == [-9]
    assert not vm.inventory.exists()


def test_a_qemu_that_ends_is_told_with_its_words_and_the_consoles(world, monkeypatch):
    def start(_argv):
        script = f"echo 'Kernel panic' >{vm.console}; echo 'no such device' >&2; exit 1"
        process = subprocess.Popen(["sh", "-c", script], stderr=subprocess.PIPE)
        process.wait()
        return process

    monkeypatch.setattr(qemu, "start", start)
    vm = VirtualMachine("13")
    with pytest.raises(BongsuError, match=r"(?s)debian13: QEMU ended: no such device.*Kernel panic"), vm:
        pass


def test_its_inventory_is_a_good_one_of_one_host_that_watches_itself(world):
    with VirtualMachine("13") as vm:
        assert inventory.check([vm.inventory], vm.state / "vault-password") == []
        known = (vm.state / "known_hosts").read_text()
        assert known.startswith("[127.0.0.1]:")
        assert "-p" in vm.ssh_argv("true")
