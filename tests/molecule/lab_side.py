"""What role tests need beside testinfra: the operator's side of the lab that they run in."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bongsu import pki
from bongsu.lab.state import State
from bongsu.testing import lanes

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2]
INVENTORY = PROJECT / "tests/molecule/inventory"
LANE = lanes.mine()
STATE = State(LANE.lab)
ADDRESSES = {f"debian{release}": f"{LANE.prefix}.{release}" for release in ("12", "13")}


def authority() -> tuple[str, str]:
    """Return certificate and key of the lab's CA."""
    public = yaml.safe_load((STATE.inventory / "group_vars/all/ca.yml").read_text())
    return public["host_certificate_ca_certificate"], STATE.secrets()["host_certificate_ca_key"]


def key_and_request() -> tuple[str, str]:
    """Make a key as a host would, and its signing request."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), request.public_bytes(serialization.Encoding.PEM).decode()


def client_pair(directory: Path, signer: tuple[str, str], *, client_auth: bool) -> Path:
    """Write a client's certificate and key, signed by `signer`, into one file."""
    key, request = key_and_request()
    certificate = pki.sign(request, *signer, names=["client"], client_auth=client_auth)
    path = directory / "client.pem"
    path.write_text(certificate + key)
    return path


def short_lived(request: str, **options: Any) -> str:
    """Sign for two minutes; backdating makes seven of it, so two thirds are over at birth."""
    return pki.sign(request, *authority(), lifetime=dt.timedelta(minutes=2), **options)


def play(playbook: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook on the scenario's hosts; the caller judges how it ended."""
    command = ["ansible-playbook", "--inventory", str(INVENTORY), *arguments]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run([*command, str(playbook)], env=environment, capture_output=True, text=True, check=False)


def until(true: Callable[[], Any], seconds: float = 40) -> Any:
    """Return what `true` returns once that is true, and after `seconds` whatever it returns then."""
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.3)
    return found
