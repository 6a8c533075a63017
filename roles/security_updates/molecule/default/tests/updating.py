"""What the tests of this role share: how a host is converged, and what it tells."""

import json
from pathlib import Path

from lab_side import play

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TEXTFILES = "/var/lib/prometheus/node-exporter"
BONGSU = "/usr/lib/bongsu/bongsu"


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def metrics(host, file="bongsu_updates.prom"):
    """Return the values of a file of metrics by series."""
    lines = host.file(f"{TEXTFILES}/{file}").content_string.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}
