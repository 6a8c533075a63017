"""What the tests of this role share: what the host finds, and a package of which there are two versions."""

import json
from pathlib import Path

from lab_side import play, until

CONVERGE = Path(__file__).parents[1] / "converge.yml"
BONGSU = "/usr/lib/bongsu/bongsu"
DATA = "/var/lib/bongsu/data/file_integrity"
TEXTFILES = "/var/lib/prometheus/node-exporter"

# A package with a program, a link, a file of configuration, a directory, and a program that is setuid.
BUILD = r"""
set -e
make() {
    rm -rf /tmp/lamp && mkdir -p /tmp/lamp/DEBIAN /tmp/lamp/usr/bin /tmp/lamp/usr/lib/lamp$1 /tmp/lamp/etc/cron.d
    printf '#!/bin/sh\necho %s\n' $1 > /tmp/lamp/usr/bin/lamp
    printf '#!/bin/sh\nexit\n' > /tmp/lamp/usr/bin/lamp-wick
    echo "# version $1" > /tmp/lamp/etc/cron.d/lamp
    echo $1 > /tmp/lamp/usr/lib/lamp$1/oil
    ln -s lamp /tmp/lamp/usr/bin/light$1
    chmod 755 /tmp/lamp/usr/bin/lamp; chmod 4755 /tmp/lamp/usr/bin/lamp-wick
    echo /etc/cron.d/lamp > /tmp/lamp/DEBIAN/conffiles
    (cd /tmp/lamp && find usr -type f -exec md5sum {} + > DEBIAN/md5sums)
    printf 'Package: lamp\nVersion: %s\nArchitecture: all\nMaintainer: nobody\nDescription: a lamp\n' $1 \
        > /tmp/lamp/DEBIAN/control
    dpkg-deb --root-owner-group --build /tmp/lamp /tmp/lamp-$1.deb
}
make 1; make 2
"""


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def looked(host):
    """Have the host look, and return what it finds: by path, how that changed and in what."""
    told = json.loads(host.run_expect([0, 1], f"{BONGSU} integrity look --json").stdout)
    return {one["path"]: (one["kind"], one["words"]) for one in told["findings"]}


def explained(host):
    return json.loads(host.run(f"{BONGSU} integrity --json").stdout)["explained"]


def has_database(host):
    return until(lambda: host.file(f"{DATA}/seen.json").exists, 120)


def metrics(host):
    """Return the values of the role's metrics by series."""
    text = host.file(f"{TEXTFILES}/bongsu_file_integrity.prom").content_string
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}
