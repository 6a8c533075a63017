import json
import re
from pathlib import Path

import pytest
from lab_side import authority, play

from bongsu import pki

DIRECTORY = Path(__file__).parents[1]
TLS = "/etc/bongsu/tls"


@pytest.fixture
def renewed(tmp_path, name):
    """Give arguments that make the lab's authority a retired one; afterwards everything is as it was."""
    if name != "debian12":
        pytest.skip("one host's view tells it")
    certificate, key = pki.new_ca("another CA")
    variables = tmp_path / "authority.json"
    variables.write_text(
        json.dumps(
            {
                "host_certificate_ca_certificate": certificate,
                "host_certificate_ca_key": key,
                "host_certificate_ca_retired": [authority()[0]],
            }
        )
    )
    yield ["-e", f"@{variables}"]
    variables.unlink()
    restored = play(DIRECTORY / "converge.yml")
    assert "failed=0" in restored.stdout


def issuer(host):
    return host.check_output(f"openssl x509 -in {TLS}/host.crt -noout -issuer")


def test_nobody_is_certified_anew_before_everybody_trusts_the_new_authority(host, name, renewed):
    old = host.file(f"{TLS}/host.crt").content
    trusting = play(DIRECTORY / "converge.yml", *renewed)
    assert "failed=0" in trusting.stdout
    assert host.file(f"{TLS}/host.crt").content == old
    assert host.file(f"{TLS}/ca.crt").content_string.count("BEGIN CERTIFICATE") == 2
    again = play(DIRECTORY / "converge.yml", *renewed)
    assert re.search(r"debian12 .*changed=0 .*failed=0", again.stdout), again.stdout

    alone = play(DIRECTORY / "sign.yml", *renewed, "--limit", "debian12")
    assert "it is not known whether debian13 would accept" in " ".join(alone.stdout.split())
    assert "Its certificate is by a retired authority" in alone.stdout
    assert host.file(f"{TLS}/host.crt").content == old

    away = play(
        DIRECTORY / "sign.yml", *renewed, "--limit", "debian12", "-e", '{"host_certificate_away": ["debian13"]}'
    )
    assert "failed=0" in away.stdout
    assert "another CA" in issuer(host)
    whole = play(DIRECTORY / "sign.yml", *renewed)
    assert re.search(r"debian12 .*changed=0 .*failed=0", whole.stdout), whole.stdout
    assert re.search(r"debian13 .*changed=2 .*failed=0", whole.stdout), whole.stdout


def test_check_mode_predicts_the_new_certificate_and_writes_nothing(host, name, renewed):
    before = host.file(f"{TLS}/host.crt").content
    assert "failed=0" in play(DIRECTORY / "converge.yml", *renewed).stdout
    predicted = play(DIRECTORY / "sign.yml", *renewed, "--check")
    assert re.search(r"debian12 .*changed=[1-9]", predicted.stdout), predicted.stdout
    assert host.file(f"{TLS}/host.crt").content == before
