"""Certificates as the role host_certificate makes them, for tests on this machine."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bongsu import pki

NAMES = ["localhost", "alertmanager.bongsu.internal"]


def write_certificates(directory):
    """Write ca.crt, host.crt (a monitor's) and host.key, and return their paths by role."""
    authority = pki.new_ca("test CA")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM).decode()
    unencrypted = serialization.NoEncryption()
    contents = {
        "ca": ("ca.crt", authority[0]),
        "cert": ("host.crt", pki.sign(pem, *authority, names=NAMES, addresses=["127.0.0.1"], client_auth=True)),
        "key": (
            "host.key",
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted).decode(),
        ),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for file, content in contents.values():
        (directory / file).write_text(content)
    return {role: str(directory / file) for role, (file, _) in contents.items()}
