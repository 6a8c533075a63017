import datetime as dt

import pytest

from bongsu.hostside import certificate, errors

CLIENT_AUTH, SERVER_AUTH = certificate.CLIENT_AUTH, certificate.SERVER_AUTH
Present, Wanted = certificate.Present, certificate.Wanted

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
KEY = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"
PRINTED = f"""{KEY}
notBefore=2026-01-01 00:00:00Z
notAfter=2026-04-01 00:00:00Z
X509v3 Extended Key Usage:
    TLS Web Server Authentication
X509v3 Subject Alternative Name: critical
    DNS:web1, IP Address:10.0.0.7, IP Address:2001:DB8:0:0:0:0:0:7
"""
PRESENT = Present(
    public_key=KEY,
    not_before=START,
    not_after=START + 90 * DAY,
    names=frozenset({"web1"}),
    addresses=frozenset({"10.0.0.7", "2001:db8::7"}),
    usages=frozenset({SERVER_AUTH}),
)
WANTED = Wanted(PRESENT.names, PRESENT.addresses, client_auth=False, lifetime=90 * DAY)


def judge(present=PRESENT, wanted=WANTED, *, public_key=KEY, trusted=True, age=0.0):
    return certificate.reasons(present, wanted, public_key=public_key, trusted=trusted, now=START + age * DAY)


def test_what_openssl_prints_is_read():
    assert certificate.parse_certificate(PRINTED) == PRESENT


def test_a_kind_of_name_that_is_never_wanted_counts_as_a_difference():
    present = certificate.parse_certificate(PRINTED.replace("DNS:web1", "DNS:web1, email:a@b"))
    assert judge(present) == ["name email:a@b is no longer wanted"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("notAfter=", "noAfter=", "no notAfter"),
        ("00:00:00Z", "morning", "morning"),
        (KEY, "", "no public key"),
    ],
)
def test_text_that_is_not_openssl_s_is_told(before, after, said):
    with pytest.raises(errors.BongsuError, match=said):
        certificate.parse_certificate(PRINTED.replace(before, after))


@pytest.mark.parametrize(
    ("age", "due"), [(0, False), (59.99, False), (60, True), (89.99, True), (90, True), (-1, True)]
)
def test_a_certificate_is_due_at_two_thirds_of_its_life(age, due):
    assert bool(judge(age=age)) is due


def test_an_expired_certificate_says_so():
    assert judge(age=91) == ["it expired on 2026-04-01 00:00 UTC"]


def test_every_reason_is_named_at_once():
    wanted = Wanted(frozenset({"web2"}), frozenset(), client_auth=True, lifetime=30 * DAY)
    assert judge(wanted=wanted, public_key="other", trusted=False) == [
        "the certificate is not for the host's key",
        "another CA signed it",
        "name web2 is missing",
        "name web1 is no longer wanted",
        "address 10.0.0.7 is no longer wanted",
        "address 2001:db8::7 is no longer wanted",
        f"purpose {CLIENT_AUTH} is missing",
        "it lives longer than the 30 days wanted",
    ]


def test_a_life_cut_short_by_the_ca_is_no_reason():
    assert judge(wanted=Wanted(WANTED.names, WANTED.addresses, False, 365 * DAY)) == []


@pytest.mark.parametrize(
    ("age", "key", "so"), [(0, KEY, True), (89.99, KEY, True), (90, KEY, False), (-1, KEY, False), (1, "other", False)]
)
def test_a_certificate_serves_while_it_is_for_the_key_and_in_its_time(age, key, so):
    assert certificate.serves(PRESENT, public_key=key, now=START + age * DAY) is so


def test_mixed_entries_are_parted_in_order_without_doubles():
    entries = ["web1", "10.0.0.7", "localhost", "web1", "", "::1", "0:0:0:0:0:0:0:1"]
    assert certificate.split_names(entries) == (["web1", "localhost"], ["10.0.0.7", "::1"])
