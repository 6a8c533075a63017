"""What a container's host has the say of: how /dev/shm is mounted, and AppArmor."""

import pytest
from machine_side import TOOL, assert_as_wanted, role

RUN = "install /usr/bin/true /dev/shm/run && /dev/shm/run; status=$?; rm /dev/shm/run; exit $status"
FSTAB = "sha256sum /etc/fstab"


@pytest.fixture(scope="module")
def hardened(vm):
    assert vm.run(RUN).returncode == 0  # as Debian has it
    before = vm.run(FSTAB).stdout
    role(vm, "kernel_hardening").require_ok()
    return vm, before


def test_nothing_in_shared_memory_is_run_and_confined_is_who_has_a_profile(hardened):
    vm, _ = hardened
    assert vm.run(RUN).returncode == 126
    assert_as_wanted(vm)
    assert int(vm.run("wc -l < /sys/kernel/security/apparmor/profiles").stdout) > 0


def test_what_somebody_mounts_otherwise_is_told_and_the_next_run_mends_it(hardened):
    vm, _ = hardened
    vm.run("mount --options remount,exec /dev/shm")
    told = vm.run(f"{TOOL} controls")
    assert "kernel.shared-memory: /dev/shm is 'nosuid nodev', and should be 'nosuid nodev noexec'" in told.stdout
    role(vm, "kernel_hardening").require_ok()
    assert vm.run(RUN).returncode == 126
    role(vm, "kernel_hardening").require_unchanged()


def test_it_holds_after_a_reboot_and_ends_with_the_role(hardened):
    vm, before = hardened
    vm.reboot()
    assert vm.run(RUN).returncode == 126
    assert_as_wanted(vm)
    role(vm, "kernel_hardening", kernel_hardening_state="absent").require_ok()
    assert vm.run(RUN).returncode == 0
    assert vm.run(FSTAB).stdout == before
