import json
import subprocess
import sys
from pathlib import Path

import pytest
import testinfra
from lab_side import ADDRESSES, INVENTORY, PROJECT, play

from bongsu.lab import Lab

HERE = Path(__file__).parent
SERVICES = PROJECT / "src/bongsu/bench/host/services.py"
PORTS = ["22", "2222", "8080", "9093", "9100", "5432", "6000", "7777", "5300/udp", "8081/udp", "7778/udp"]
UNIT = """\
[Service]
ExecStart=/usr/bin/python3 /usr/local/lib/services.py {ports}
[Install]
WantedBy=multi-user.target
"""


class Side:
    """One host, looked at from itself, from the other one (a monitor), and from a stranger's (this machine)."""

    def __init__(self, host, name):
        self.host, self.name, self.address = host, name, ADDRESSES[name]
        self.other = next(one for one in ADDRESSES if one != name)
        self.lab = Lab.load(INVENTORY)

    def knock(self, *ports, by="stranger", address=None):
        """Return which of the ports answer."""
        argv = [address or self.address, *(ports or PORTS)]
        script = (HERE / "knock.py").read_text()
        if by == "stranger":
            done = subprocess.run(
                [sys.executable, "-", *argv], input=script, capture_output=True, text=True, check=True
            )
        else:
            done = self.lab.run(by, ["python3", "-", *argv], stdin=script, check=True)
        return set(json.loads(done.stdout))

    def converge(self, *arguments, **variables):
        extra = ["--extra-vars", json.dumps(variables)] if variables else []
        return play(HERE.parent / "converge.yml", "--limit", self.name, *arguments, *extra)

    def tables(self):
        return set(self.host.run("nft list tables").stdout.splitlines())


def only_on(release, name):
    """Leave a test that takes runs, and asks the kernel that all hosts of the lab share, to one of them."""
    if name != release:
        pytest.skip("is the same on every release")


def words(done):
    """Return what a run printed, on one line."""
    return " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def _services():
    for name in ADDRESSES:
        host = testinfra.get_host(f"ansible://{name}", ansible_inventory=str(INVENTORY))
        unit = UNIT.format(ports=" ".join(PORTS[1:]))
        host.run_test(f"cat > /usr/local/lib/services.py <<'END'\n{SERVICES.read_text()}END")
        host.run_test(f"cat > /etc/systemd/system/services.service <<'END'\n{unit}END")
        host.run_test("systemctl daemon-reload && systemctl enable --now services.service")


@pytest.fixture
def side(host, name, _services):
    return Side(host, name)
