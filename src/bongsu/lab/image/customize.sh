#!/bin/sh
# Makes a lab host of a fresh Debian tree ($1); run by mmdebstrap at the end of an image build.
set -eu
root=$1

# Every host gets an identity of its own at its first start; its SSH host key comes from the controller.
: >"$root/etc/machine-id"
rm -f "$root"/var/lib/dbus/machine-id "$root"/etc/ssh/ssh_host_* "$root"/etc/resolv.conf "$root"/etc/hostname

# Seats and consoles mean nothing in a container, and each costs one of the kernel's 128 inotify instances.
chroot "$root" systemctl --quiet mask systemd-logind.service getty.target console-getty.service

# Timers that take apt's lock at a random moment would make a lab's figures random, too.
chroot "$root" systemctl --quiet disable apt-daily.timer apt-daily-upgrade.timer

# What a host offers is the inventory's business: lab_units.
chroot "$root" systemctl --quiet disable nginx.service

# The package lists stay, with apt's digest of them, so that a host's first installation starts at once. The digest counts
# as stale where a list has another time than it had: and what is newer than the build's begin gets that time.
find "$root/var/lib/apt/lists" "$root/etc/apt" "$root/var/lib/dpkg/status" -exec touch --date='10 minutes ago' {} +
chroot "$root" apt-cache gencaches
rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/pkgcache.bin
