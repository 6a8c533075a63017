"""The machine itself: that it shows what a container cannot, and that its power is cut for real."""

import pytest

from bongsu.errors import BadInput
from bongsu.machines import VirtualMachine


def test_it_is_a_whole_machine_with_its_own_kernel(vm):
    assert vm.run("systemd-detect-virt --container").stdout.strip() == "none"
    assert vm.run("systemctl is-system-running").stdout.strip() == "running"
    vm.run("modprobe dummy && grep --quiet '^dummy ' /proc/modules && rmmod dummy", check=True)
    vm.run(
        "sysctl --quiet --write kernel.kptr_restrict=2 && test $(cat /proc/sys/kernel/kptr_restrict) = 2", check=True
    )
    vm.run("mount -t tmpfs -o noexec none /mnt && cp /bin/true /mnt && ! /mnt/true && umount /mnt", check=True)


def test_apparmor_is_enforced(vm):
    assert vm.run("cat /sys/module/apparmor/parameters/enabled").stdout.strip() == "Y"
    enforced = vm.run("grep --count '(enforce)$' /sys/kernel/security/apparmor/profiles").stdout
    assert int(enforced) >= 2
    # a profile of the test's own, so that it is known to bite
    profile = "profile bites /usr/bin/cat { /** mr, deny /etc/hostname r, }"
    vm.run(["apparmor_parser", "--replace"], stdin=profile, check=True)
    try:
        refused = vm.run("cat /etc/hostname")
        assert "Permission denied" in refused.stderr
        assert vm.run("cat /etc/fstab").returncode == 0
    finally:
        vm.run(["apparmor_parser", "--remove"], stdin=profile, check=True)
    assert vm.run("cat /etc/hostname").stdout.strip() == vm.name


def test_the_clock_is_its_own(vm):
    before = int(vm.run("date +%s").stdout)
    vm.run("systemctl stop systemd-timesyncd && date --set='+1 day'", check=True)
    try:
        assert int(vm.run("date +%s").stdout) - before >= 86_400
    finally:
        vm.run("date --set='-1 day' && systemctl start systemd-timesyncd", check=True)


def test_packages_can_be_installed(vm):
    vm.run("apt-get --quiet update && apt-get --quiet --yes install --no-install-recommends hello", check=True)
    assert vm.run("hello").returncode == 0


def test_a_reboot_is_a_real_one(vm):
    before = vm.boot_id()
    vm.run("touch /run/volatile /root/kept", check=True)
    vm.reboot()
    assert vm.boot_id() != before
    assert vm.run("ls /run/volatile").returncode != 0
    assert vm.run("ls /root/kept").returncode == 0


def test_a_power_cut_loses_what_was_not_flushed_and_nothing_else(vm):
    vm.run("echo safe >/root/flushed && sync /root/flushed /root && echo lost >/root/in-memory", check=True)
    vm.cut()
    vm.start()
    assert vm.run("cat /root/flushed").stdout == "safe\n"
    assert "lost" not in vm.run("cat /root/in-memory").stdout
    assert vm.run("journalctl --boot --dmesg --grep 'recovery complete' --quiet").returncode == 0  # ext4's own words


def test_nobody_else_gets_the_same_machine_meanwhile(vm):
    with pytest.raises(BadInput, match="another run has the virtual machine"), VirtualMachine(vm.release):
        pass
    assert vm.run("true").returncode == 0
