import datetime as dt
import re
from pathlib import Path

from cryptography import x509
from lab_side import ADDRESSES, authority, play, short_lived

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TLS = "/etc/bongsu/tls"


def certificate(host):
    return x509.load_pem_x509_certificate(host.file(f"{TLS}/host.crt").content)


def test_the_certificate_holds_for_every_name_of_the_host(host, name):
    verify = f"openssl verify -x509_strict -CAfile {TLS}/ca.crt -purpose sslserver"
    for dns in (name, "localhost", "www.example.org", "alertmanager.bongsu.internal"):
        host.check_output(f"{verify} -verify_hostname {dns} {TLS}/host.crt")
    for address in (ADDRESSES[name], "127.0.0.1", "::1"):
        host.check_output(f"{verify} -verify_ip {address} {TLS}/host.crt")
    assert host.run(f"{verify} -verify_hostname other {TLS}/host.crt").rc != 0


def test_only_a_client_may_act_as_one(host, name):
    usable = host.run(f"openssl verify -CAfile {TLS}/ca.crt -purpose sslclient {TLS}/host.crt").rc == 0
    assert usable is (name == "debian12")


def test_the_key_is_for_the_group_alone(host):
    key = host.file(f"{TLS}/host.key")
    assert (key.user, key.group, key.mode) == ("root", "bongsu-tls", 0o640)
    assert host.run(f"runuser -u nobody -- cat {TLS}/host.key").rc != 0
    host.run_test(f"runuser -u nobody -g bongsu-tls -- cat {TLS}/host.key")
    assert host.file(TLS).listdir() == ["ca.crt", "host.crt", "host.key"]


def test_the_ca_key_is_nowhere_on_the_host(host):
    line = authority()[1].splitlines()[1]
    found = host.run(f"grep -rlF --exclude-dir=proc --exclude-dir=sys -e {line} /etc /home /opt /root /run /tmp /var")
    assert found.stdout == ""


def test_the_metric_says_when_the_certificate_ends(host):
    metric = host.file("/var/lib/prometheus/node-exporter/bongsu_certificate.prom").content_string
    end = int(certificate(host).not_valid_after_utc.timestamp())
    assert f'bongsu_certificate_expiry_timestamp_seconds{{path="{TLS}/host.crt"}} {end}' in metric
    authority_end = x509.load_pem_x509_certificate(authority()[0].encode()).not_valid_after_utc
    assert f'{{path="{TLS}/ca.crt"}} {int(authority_end.timestamp())}' in metric


def test_a_certificate_past_two_thirds_is_renewed_once_and_keeps_its_key(host, name):
    key = host.file(f"{TLS}/host.key").content
    request = host.check_output(f"openssl req -new -key {TLS}/host.key -subj /CN=x")
    old = short_lived(request, names=[name, "localhost"], addresses=[ADDRESSES[name]])
    host.run_test(f"cat > {TLS}/host.crt <<'END'\n{old}END")

    predicted = play(CONVERGE, "--limit", name, "--check")
    assert re.search(r"changed=[1-9]", predicted.stdout), predicted.stdout
    assert host.file(f"{TLS}/host.crt").content_string == old

    renewed = play(CONVERGE, "--limit", name)
    assert re.search(r"changed=2 .*failed=0", renewed.stdout), renewed.stdout
    remaining = certificate(host).not_valid_after_utc - dt.datetime.now(tz=dt.UTC)
    assert remaining > dt.timedelta(days=89)
    assert host.file(f"{TLS}/host.key").content == key

    again = play(CONVERGE, "--limit", name)
    assert re.search(r"changed=0 .*failed=0", again.stdout), again.stdout


def test_an_unsuitable_ca_key_is_told_without_showing_it_and_changes_nothing(host, name):
    before = certificate(host)
    wrong = play(
        CONVERGE,
        "-vvv",
        "--limit",
        name,
        "-e",
        "host_certificate_lifetime_days=1",
        "-e",
        "host_certificate_ca_key=AbCdEf",
    )
    assert wrong.returncode != 0
    assert "the CA key is not an unencrypted PEM private key" in wrong.stdout + wrong.stderr
    assert "AbCdEf" not in (wrong.stdout + wrong.stderr).replace("host_certificate_ca_key=AbCdEf", "")
    assert certificate(host) == before


def test_the_ca_key_is_not_shown_even_when_asked_to_say_everything(name):
    loud = play(CONVERGE, "-vvvv", "--limit", name)
    assert authority()[1].splitlines()[1] not in loud.stdout + loud.stderr
