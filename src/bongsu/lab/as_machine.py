"""Lab hosts that scanners of security take for machines of their own.

A scanner that finds itself in a container leaves most of its questions out as not applicable, and then reports a score
of what is left. Such a host differs from the others of a lab by two things: the mark that podman leaves in each
container is gone, and it has packages that come with each kernel image, and with each file system to boot from.
"""

from __future__ import annotations

import io
import tarfile
import time

MARK = "/run/.containerenv"
UNIT = "lab-as-machine.service"
# At each start, since podman puts its mark into each new /run.
_UNIT_TEXT = f"""\
[Unit]
Description=Hide the mark of a container
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/usr/bin/umount {MARK}
ExecStart=/usr/bin/rm {MARK}
"""
# The image's package lists are tried first: they are mostly new enough, and renewing them takes longer than the rest.
# OpenSCAP's content asks for linux-base where it asks whether there is a kernel. Lynis depends on e2fsprogs, which
# Debian protects from removal: it would stay behind on a host that did not have it.
INSTALL = """\
set -e
dpkg-query --status linux-base e2fsprogs >/dev/null 2>&1 && exit
export DEBIAN_FRONTEND=noninteractive
install() { apt-get --quiet --yes --no-install-recommends install linux-base e2fsprogs; }
install || { apt-get --quiet update; install; }
"""


def overlay() -> bytes:
    """Return a tar of what such a host has beyond any other of the lab."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        unit = tarfile.TarInfo(f"etc/systemd/system/{UNIT}")
        unit.size, unit.mode, unit.mtime = len(_UNIT_TEXT), 0o644, int(time.time())
        tar.addfile(unit, io.BytesIO(_UNIT_TEXT.encode()))
        link = tarfile.TarInfo(f"etc/systemd/system/sysinit.target.wants/{UNIT}")
        link.type, link.linkname = tarfile.SYMTYPE, f"../{UNIT}"
        tar.addfile(link)
    return buffer.getvalue()
