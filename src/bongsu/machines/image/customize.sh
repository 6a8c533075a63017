#!/bin/sh
# Makes a virtual machine's file system of a fresh Debian tree ($1); run by mmdebstrap at the end of an image build.
set -eu
root=$1

: >"$root/etc/machine-id" # each gets its own when it first starts
rm -f "$root"/var/lib/dbus/machine-id

echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"

# QEMU's user network: it hands out the address, and answers for names at this one.
printf '[Match]\nType=ether\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/80-qemu.network"
chroot "$root" systemctl --quiet enable systemd-networkd.service
rm -f "$root/etc/resolv.conf"
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"

# Timers that take apt's lock at a random moment would make the tests random, too.
chroot "$root" systemctl --quiet disable apt-daily.timer apt-daily-upgrade.timer

# Only what finds the disk: without acceleration, each megabyte of it costs time at every start.
echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/disk"
printf 'virtio_pci\nvirtio_blk\next4\n' >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u

# Building may be careless with this machine's disk. The guest's dpkg must not be: its power is cut.
sed -i '/^force-unsafe-io$/d' "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"

# The package lists stay, so that a role's first installation needs no update.
rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin
