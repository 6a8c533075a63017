"""The internal certificate authority: made once by `bongsu init`, asked on each run to sign hosts' requests.

Everything is PEM text in and PEM text out, so that keys can live in an encrypted inventory and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bongsu.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CA_LIFETIME = dt.timedelta(days=3650)
HOST_LIFETIME = dt.timedelta(days=90)
# A host whose clock is a little behind must not find a fresh certificate "not yet valid".
BACKDATE = dt.timedelta(minutes=5)
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)  # those that Go's TLS, hence every exporter, speaks
COMMON_NAME_LIMIT = 64  # RFC 5280, ub-common-name


def new_ca(common_name: str) -> tuple[str, str]:
    """Make a self-signed P-256 authority; returns its certificate and its unencrypted key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject(common_name)
    now = _now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _pem(certificate), key_pem.decode()


def sign(
    csr_pem: str,
    ca_cert: str,
    ca_key: str,
    *,
    names: Sequence[str],
    addresses: Iterable[str] = (),
    client_auth: bool = False,
    lifetime: dt.timedelta = HOST_LIFETIME,
) -> str:
    """Sign a host's request and return the certificate as PEM.

    Only the public key is taken from the request: names, addresses and purposes are what the caller knows
    from the inventory, so a host cannot ask for another's name. Raises BadInput when the request or the
    authority is unfit.
    """
    issuer, issuer_key = _authority(ca_cert, ca_key)
    public_key = _request_key(csr_pem)
    now = _now()
    if lifetime <= dt.timedelta(0):
        raise BadInput(f"lifetime: {lifetime} is not positive; a host certificate lives 90 days by default")
    if not issuer.not_valid_before_utc <= now < issuer.not_valid_after_utc:
        raise BadInput(
            f"the CA certificate is valid from {issuer.not_valid_before_utc:%F} to "
            f"{issuer.not_valid_after_utc:%F}, and now is {now:%F %T} UTC; correct the clock or make a new CA"
        )
    if not names:
        raise BadInput("names: a certificate needs one name at least; give the host's inventory name")
    usages = [ExtendedKeyUsageOID.SERVER_AUTH]
    if client_auth:
        usages.append(ExtendedKeyUsageOID.CLIENT_AUTH)
    subject = _subject(names[0]) if len(names[0]) <= COMMON_NAME_LIMIT else x509.Name([])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - BACKDATE, issuer.not_valid_before_utc))
        .not_valid_after(min(now + lifetime, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        # RFC 5280 4.2.1.6: critical when the subject is empty.
        .add_extension(_alternative_names(names, addresses), critical=not subject.rdns)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_identifier(issuer), critical=False)
    )
    return _pem(builder.sign(issuer_key, hashes.SHA256()))


def _authority(ca_cert: str, ca_key: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Load the CA pair and make sure that the two belong together and may sign."""
    try:
        certificate = x509.load_pem_x509_certificate(ca_cert.encode())
    except ValueError as error:
        raise BadInput(f"the CA certificate is not one PEM certificate: {error}") from None
    try:
        key = serialization.load_pem_private_key(ca_key.encode(), password=None)
    except (ValueError, TypeError):
        # The parser's words could carry key material; ours do not.
        raise BadInput("the CA key is not an unencrypted PEM private key; is the vault decrypted?") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadInput("the CA key is not an elliptic-curve key; make the CA with `bongsu init`")
    if key.public_key() != certificate.public_key():
        raise BadInput("the CA key and the CA certificate do not belong together; take both from one `bongsu init`")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        constraints = x509.BasicConstraints(ca=False, path_length=None)
    if not constraints.ca:
        raise BadInput("the CA certificate is a host's, not an authority's (basicConstraints lacks CA:TRUE)")
    return certificate, key


def _request_key(csr_pem: str) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey:
    """Return the request's public key, once its holder has proved to own it and it is strong enough."""
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        proven = request.is_signature_valid
        key = request.public_key()
    except (ValueError, InvalidSignature) as error:
        raise BadInput(f"the certificate request is not a PEM request: {error}") from None
    if not proven:
        raise BadInput("the certificate request is not signed by its own key; make it anew on the host")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 3072:
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    kind = type(key).__name__.removesuffix("PublicKey").lstrip("_")
    size = getattr(key, "key_size", "?")
    raise BadInput(
        f"the request's key ({kind}, {size} bits) is not accepted; P-256 to P-521, Ed25519 or RSA 3072 at least"
    )


def _alternative_names(names: Iterable[str], addresses: Iterable[str]) -> x509.SubjectAlternativeName:
    """Names and addresses as one extension, in the order given, doubles dropped."""
    entries: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            entries.append(x509.DNSName(name))
        except ValueError:
            raise BadInput(f"names: {name!r} is not ASCII; write its punycode (xn--…) form") from None
    for address in dict.fromkeys(addresses):
        try:
            entries.append(x509.IPAddress(ipaddress.ip_address(address)))
        except ValueError:
            raise BadInput(f"addresses: {address!r} is not an IP address; put names under names") from None
    return x509.SubjectAlternativeName(entries)


def _authority_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        own = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(common_name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    except ValueError as error:
        raise BadInput(f"common name {common_name!r}: {error}") from None


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
