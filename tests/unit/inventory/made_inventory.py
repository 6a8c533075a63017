"""One good inventory, and the ways in which a case may spoil it."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bongsu import vault

PASSWORD = "the vault's"
BASE = Path(__file__).parent / "base"


@cache
def authority(kind: str = "good") -> tuple[str, str]:
    """Make a certificate and its key: good, expired, or a server's own (no authority)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{kind} authority")])
    now = dt.datetime.now(dt.UTC)
    end = now - dt.timedelta(days=1) if kind == "expired" else now + dt.timedelta(days=3650)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=kind != "server", path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, format_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, format_, serialization.NoEncryption()).decode()
    return certificate.public_bytes(encoding).decode(), private


def indented(text: str) -> str:
    return "|\n" + "".join(f"  {line}\n" for line in text.splitlines())


def certificates(kind: str = "good") -> dict[str, str]:
    """Return the two files that `bongsu init` adds to the example, in plain text."""
    certificate, key = authority(kind)
    secrets = (
        f"---\nhost_certificate_ca_key: {indented(key)}"
        "prometheus_operator_password: what people type\n"
        "prometheus_operator_password_hash: $2b$10$abcdefghijklmnopqrstuv\n"
        "pager_url: https://alerts.example.org/?token=t0p\n"
        "smtp_password: s3cret\n"
    )
    return {
        "group_vars/all/ca.yml": f"---\nhost_certificate_ca_certificate: {indented(certificate)}",
        "group_vars/all/secrets.yml": secrets,
    }


def base_files() -> dict[str, str]:
    own = {str(path.relative_to(BASE)): path.read_text() for path in BASE.rglob("*.yml")}
    return {**own, **certificates()}


def write(directory: Path, files: dict[str, str], encrypt: tuple[str, ...] = ("group_vars/all/secrets.yml",)) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(vault.encrypt(text, PASSWORD) if name in encrypt else text)
