import datetime as dt
import ipaddress
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bongsu import pki
from bongsu.errors import BadInput


def request(key=None, common_name="ignored"):
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def authority():
    return pki.new_ca("bongsu lab CA")


def issue(authority, **options):
    options.setdefault("names", ["web1", "localhost"])
    options.setdefault("addresses", ["10.0.0.7", "::1"])
    return x509.load_pem_x509_certificate(pki.sign(request(), *authority, **options).encode())


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind)


def test_a_new_ca_may_sign_hosts_and_nothing_deeper(authority):
    ca = x509.load_pem_x509_certificate(authority[0].encode())
    constraints = extension(ca, x509.BasicConstraints)
    usage = extension(ca, x509.KeyUsage)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert not usage.value.digital_signature
    assert ca.not_valid_after_utc - ca.not_valid_before_utc == pki.CA_LIFETIME + pki.BACKDATE


def test_two_authorities_share_nothing():
    first, second = pki.new_ca("one"), pki.new_ca("one")
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_certificate_carries_names_and_addresses_of_the_caller_alone(authority):
    certificate = issue(authority)
    names = extension(certificate, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web1", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("10.0.0.7"),
        ipaddress.ip_address("::1"),
    ]
    assert certificate.subject.rfc4514_string() == "CN=web1"


@pytest.mark.parametrize("client_auth", [False, True])
def test_only_a_client_gets_client_auth(authority, client_auth):
    usages = list(extension(issue(authority, client_auth=client_auth), x509.ExtendedKeyUsage).value)
    assert ExtendedKeyUsageOID.SERVER_AUTH in usages
    assert (ExtendedKeyUsageOID.CLIENT_AUTH in usages) is client_auth


def test_a_certificate_lives_90_days_and_is_backdated_for_slow_clocks(authority):
    certificate = issue(authority)
    now = dt.datetime.now(tz=dt.UTC)
    assert abs(certificate.not_valid_after_utc - now - dt.timedelta(days=90)) < dt.timedelta(minutes=1)
    assert certificate.not_valid_before_utc < now


def test_a_certificate_does_not_outlive_its_authority(authority):
    ca = x509.load_pem_x509_certificate(authority[0].encode())
    certificate = issue(authority, lifetime=dt.timedelta(days=9999))
    assert certificate.not_valid_after_utc == ca.not_valid_after_utc


def test_key_identifiers_link_the_chain(authority):
    ca = x509.load_pem_x509_certificate(authority[0].encode())
    link = extension(issue(authority), x509.AuthorityKeyIdentifier).value
    assert link.key_identifier == extension(ca, x509.SubjectKeyIdentifier).value.digest


def test_serial_numbers_differ(authority):
    assert issue(authority).serial_number != issue(authority).serial_number


def test_a_name_too_long_for_a_common_name_is_still_certified(authority):
    certificate = issue(authority, names=["a" * 70])
    assert not certificate.subject.rdns
    assert extension(certificate, x509.SubjectAlternativeName).critical


def test_openssl_accepts_the_chain(authority, tmp_path):
    (tmp_path / "ca.crt").write_text(authority[0])
    (tmp_path / "host.crt").write_text(pki.sign(request(), *authority, names=["web1"]))
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "web1"]
    subprocess.run([*command, "-CAfile", "ca.crt", "host.crt"], cwd=tmp_path, check=True, capture_output=True)
    as_client = ["openssl", "verify", "-purpose", "sslclient", "-CAfile", "ca.crt", "host.crt"]
    assert subprocess.run(as_client, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (ec.generate_private_key(ec.SECP224R1()), "224 bits"),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), "2048 bits"),
    ],
)
def test_a_weak_key_is_refused(authority, key, said):
    with pytest.raises(BadInput, match=said):
        pki.sign(request(key), *authority, names=["web1"])


def test_a_request_signed_by_another_key_is_refused(authority):
    der = bytearray(x509.load_pem_x509_csr(request().encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(BadInput, match="own key"):
        pki.sign(forged, *authority, names=["web1"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"csr": "nonsense"}, "request"),
        ({"ca": "nonsense"}, "CA certificate"),
        ({"key": "$ANSIBLE_VAULT;1.1;AES256"}, "vault"),
        ({"key": "other"}, "belong together"),
        ({"ca": "leaf"}, "not an authority"),
        ({"names": []}, "one name"),
        ({"names": ["봉수"]}, "punycode"),
        ({"addresses": ["web1"]}, "not an IP address"),
        ({"lifetime": dt.timedelta(0)}, "not positive"),
    ],
)
def test_bad_input_is_told_clearly(authority, change, said):
    ca, key = authority
    if change.get("ca") == "leaf":
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        ca = pki.sign(request(leaf_key), *authority, names=["web1"])
        key = leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    else:
        ca = change.get("ca", ca)
        key = {"other": pki.new_ca("other")[1]}.get(change.get("key", ""), change.get("key", key))
    with pytest.raises(BadInput, match=said):
        pki.sign(
            change.get("csr") or request(),
            ca,
            key,
            names=change.get("names", ["web1"]),
            addresses=change.get("addresses", []),
            lifetime=change.get("lifetime", pki.HOST_LIFETIME),
        )
