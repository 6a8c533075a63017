"""Whether a client without the right certificate is let in anywhere: every port, every kind of stranger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bongsu import pki
from bongsu.bench import Figure, _lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from bongsu.lab import Lab

# Who was listening before bongsu came: the lab's own way in, and what its servers serve.
NOT_OURS = ("sshd", "nginx", "systemd")
CLIENT = Path(__file__).with_name("stranger_client.py")
OWN = {"cert": "/etc/bongsu/tls/host.crt", "key": "/etc/bongsu/tls/host.key"}
ATTACKERS = ("server2", "server1")  # the second knocks at the first


def measure(bar: float, say: Callable[[str], None]) -> Figure:
    """Knock from ordinary servers; as a control, a monitor's own certificate must open the same doors."""
    lab = _lab.provisioned(say)
    doors = {host.name: ports(lab.run(host.name, ["ss", "-Hltunp"], check=True).stdout) for host in lab.spec.hosts}
    targets = [[host.name, host.address, port] for host in lab.spec.hosts for port in doors[host.name]]
    clients = {"plain": None, "no certificate": None, "wrong CA": stranger(), "ordinary server": OWN}
    say(f"knocking at {len(targets)} ports")
    results: list[list[Any]] = []
    for attacker, others in (
        (ATTACKERS[0], [t for t in targets if t[0] != ATTACKERS[0]]),
        (ATTACKERS[1], [t for t in targets if t[0] == ATTACKERS[0]]),
    ):
        results += knock(lab, attacker, others, clients)
    monitor = next(host.name for host in lab.spec.hosts if host.name.startswith("monitor"))
    control = knock(lab, monitor, targets, {"monitor": OWN})
    let_in = [row for row in results if not row[3].startswith("refused")]
    # Prometheus asks a monitor for a password as well: 401 comes after a certificate that was accepted.
    locked = [row for row in control if row[3].startswith("refused") and "401" not in row[3]]
    detail = {
        "ports": doors,
        "attempts": len(results),
        "let_in": let_in,
        "control_refused": locked,
        "answers": sorted({row[3] for row in results}),
    }
    return Figure(len(let_in), len(let_in) <= bar and not locked and bool(results), detail)


def ports(listening: str) -> list[int]:
    """Return the ports open to other hosts that are ours, from the output of `ss -Hltunp`."""
    found = set()
    for line in listening.splitlines():
        fields = line.split()
        address, _, port = fields[4].rpartition(":")
        local = address.startswith(("127.", "[::1]")) or "%lo" in address
        process = fields[6] if len(fields) > 6 else ""
        if not local and not any(f'"{name}"' in process for name in NOT_OURS):
            found.add(int(port))
    return sorted(found)


def stranger() -> dict[str, str]:
    """Return a client certificate that is right in everything but its authority."""
    ca_certificate, ca_key = pki.new_ca("stranger")
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM).decode()
    certificate = pki.sign(pem, ca_certificate, ca_key, names=["monitor1"], client_auth=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"cert": certificate, "key": private.decode()}


def knock(lab: Lab, host: str, targets: list[list[Any]], clients: dict[str, Any]) -> list[list[Any]]:
    """Run the client program on a host, and leave nothing of it there."""
    task = json.dumps({"targets": targets, "clients": clients})
    program = CLIENT.read_text()
    script = (
        "set -e; umask 077; d=$(mktemp -d); trap 'rm -rf \"$d\"' EXIT; "
        'dd bs=1 count="$0" of="$d/client.py" 2>/dev/null; cat >"$d/task.json"; python3 "$d/client.py" "$d/task.json"'
    )
    size = len(program.encode())
    command = ["sh", "-c", script, str(size)]
    done = lab.run(host, command, stdin=program + task, check=True, timeout=600)
    rows: list[list[Any]] = json.loads(done.stdout)
    return rows
