"""`bongsu init`: what it writes, for whom to read, and what it refuses."""

import bcrypt
import pytest
import yaml
from cryptography import x509

from bongsu import inventory, newinventory, vault
from bongsu.errors import BadInput


@pytest.fixture
def made(tmp_path):
    newinventory.create(tmp_path / "servers", tmp_path / "vault" / "servers")
    return tmp_path


def test_the_secrets_are_encrypted_and_for_the_operator_alone(made):
    secrets, password = made / "servers/group_vars/all/secrets.yml", made / "vault/servers"
    assert secrets.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert {path.stat().st_mode & 0o777 for path in (secrets, password)} == {0o600}
    values = yaml.safe_load(vault.decrypt(secrets.read_text(), password.read_text()))
    assert set(values) == {
        "host_certificate_ca_key",
        "prometheus_operator_password",
        "prometheus_operator_password_hash",
    }
    hashed = values["prometheus_operator_password_hash"].encode()
    assert bcrypt.checkpw(values["prometheus_operator_password"].encode(), hashed)


def test_the_public_certificate_can_be_read_as_it_lies_there(made):
    text = (made / "servers/group_vars/all/ca.yml").read_text()
    assert "\n  -----BEGIN CERTIFICATE-----\n" in text
    certificate = yaml.safe_load(text)["host_certificate_ca_certificate"]
    assert x509.load_pem_x509_certificate(certificate.encode()).subject.rfc4514_string() == "CN=bongsu servers"


def test_the_new_inventory_passes_its_own_check(made):
    assert inventory.check([made / "servers"], made / "vault/servers") == []


def test_the_example_s_comments_come_along(made):
    assert (made / "servers/hosts.yml").read_text().count("#") > 3


@pytest.mark.parametrize("existing", ["servers/hosts.yml", "servers/group_vars/all/secrets.yml", "vault/servers"])
def test_nothing_is_overwritten_and_nothing_half_written(tmp_path, existing):
    (tmp_path / existing).parent.mkdir(parents=True)
    (tmp_path / existing).write_text("mine")
    with pytest.raises(BadInput, match=existing):
        newinventory.create(tmp_path / "servers", tmp_path / "vault" / "servers")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_text() for path in files] == ["mine"]


def test_next_steps_name_places_and_no_secret(made):
    text = newinventory.next_steps(made / "servers", made / "vault/servers")
    assert "ansible-playbook" in text
    assert str(made / "vault/servers") in text
    assert (made / "vault/servers").read_text().strip() not in text
