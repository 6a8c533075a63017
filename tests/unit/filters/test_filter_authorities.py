import hashlib
import importlib.util
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from bongsu import pki

SOURCE = Path(__file__).parents[3] / "plugins/filter/authorities.py"
spec = importlib.util.spec_from_file_location("bongsu_filter_authorities", SOURCE)
assert spec is not None
assert spec.loader is not None
authorities = importlib.util.module_from_spec(spec)
spec.loader.exec_module(authorities)

OLD, NEW = pki.new_ca("old")[0], pki.new_ca("new")[0]


def trusted(present=None, *retired):
    return authorities.trusted_authorities(
        {"host_certificate_ca_certificate": present, "host_certificate_ca_retired": list(retired)}
    )


def test_the_oldest_comes_first_and_is_the_one_whose_going_matters():
    before, during, after = trusted(OLD), trusted(NEW, OLD), trusted(NEW)
    assert during == [*before, *after]
    assert before[0] == during[0]
    assert during[0] != after[0]


def test_a_fingerprint_is_openssl_s():
    certificate = x509.load_pem_x509_certificate(OLD.encode())
    assert trusted(f"\n{OLD}\n") == [certificate.fingerprint(hashes.SHA256()).hex()[:32]]
    assert len(trusted(OLD)[0]) < len(hashlib.sha256().hexdigest())


def test_where_no_authority_is_known_there_is_none():
    assert authorities.trusted_authorities({}) == []
    assert trusted(None) == []


@pytest.mark.parametrize("wrong", ["rubbish", {"host_certificate_ca_certificate": "rubbish"}])
def test_what_is_no_certificate_is_told(wrong):
    with pytest.raises(AnsibleFilterError, match="trusted_authorities"):
        authorities.trusted_authorities(wrong)
