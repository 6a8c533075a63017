"""The table of formats, value by value, and matchers as Alertmanager writes them."""

from __future__ import annotations

import pytest

from bongsu.inventory import formats
from bongsu.inventory.matchers import check_matchers
from bongsu.inventory.secrets import is_secret_url

HOLDS = {
    formats.is_duration: ("0", "30s", "1h30m", "15d", "500ms", "1y2w3d4h5m6s7ms"),
    formats.is_go_duration: ("0", "120h", "1.5h", "1m30s"),
    formats.is_size: ("0", "512MB", "10GB", "1.5TB", "10GiB"),
    formats.is_port: ("1", "9100", "65535"),
    formats.is_hostname: ("web1", "web1.example.org", "1.example"),
    formats.is_address: ("192.0.2.1", "2001:db8::1", "db1.example.org", "db1"),
    formats.is_url: ("https://example.org", "http://192.0.2.1:8080/x", "http://[2001:db8::1]:80/"),
    formats.is_host_port: ("db1:5432", "192.0.2.1:22", "[2001:db8::1]:22"),
    formats.is_unit: ("nginx", "nginx.service", "getty@tty1.service", "dev-disk-by\\x2duuid.swap"),
}
FAILS = {
    formats.is_duration: ("", "30", "s", "1.5h", "30 s", "5m1h", "-5m"),
    formats.is_go_duration: ("", "5d", "30", "1w"),
    formats.is_size: ("", "10", "10 GB", "10G", "GB"),
    formats.is_port: ("", "0", "65536", "-1", "ssh", "²"),
    formats.is_hostname: ("", "web_1", "-web", "web-", "a..b", "x" * 64),
    formats.is_address: ("", "192.0.2.300", "192.0.2.1:22", "a b", "http://a"),
    formats.is_url: ("", "example.org", "ftp://example.org", "https://", "https://a b/", "http://a:99999/"),
    formats.is_host_port: ("", "db1", "db1:", ":22", "2001:db8::1:99999", "[db1]:22"),
    formats.is_unit: ("", "nginx.servce", "two words.service", "a/b.mount"),
}


@pytest.mark.parametrize(("holds", "text"), [(check, text) for check, texts in HOLDS.items() for text in texts])
def test_what_is_written_so_holds(holds: object, text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(("holds", "text"), [(check, text) for check, texts in FAILS.items() for text in texts])
def test_what_is_written_so_does_not(holds: object, text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("prometheus_scrape_interval", "str", formats.DURATION),
        ("interval", "str", formats.DURATION),
        ("node_exporter_timeout", "int", None),
        ("prometheus_retention_size", "str", formats.SIZE),
        ("alertmanager_retention", "str", formats.GO_DURATION),
        ("node_exporter_port", "int", formats.PORT),
        ("prometheus_storage", "str", None),
    ],
)
def test_the_end_of_a_name_chooses_the_format(name: str, kind: str, expected: formats.Format | None) -> None:
    assert formats.format_of(name, kind) is expected


def test_durations_are_compared_by_length() -> None:
    assert formats.milliseconds("1m1s5ms") == 61_005
    assert formats.milliseconds("a while") is None


@pytest.mark.parametrize(
    "matcher",
    [
        'severity="page"',
        "severity=page",
        "a!=b",
        'team=~"db|web"',
        '{a="b", c!~"d.*"}',
        'a=""',
        "a=",
        "a = b",
        'a="x,y"',
    ],
)
def test_matchers_that_alertmanager_reads(matcher: str) -> None:
    assert list(check_matchers([matcher], ("matchers",))) == []


@pytest.mark.parametrize("matcher", ["severity", "1a=b", 'a="b', 'a=~"("', "a=b} c", {"a": "b"}])
def test_matchers_that_it_does_not(matcher: object) -> None:
    ((path, _message),) = check_matchers([matcher], ("matchers",))
    assert path == ("matchers", 0)


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://alerts.example.org/bongsu", False),
        ("https://alerts.example.org/?team=db&page=1", False),
        ("https://user:pass@alerts.example.org/", True),
        ("https://alerts.example.org/?api_key=x", True),
        ("https://hooks.slack.com/services/T/B/x", True),
        ("not a url", False),
    ],
)
def test_a_url_may_be_a_secret(url: str, secret: bool) -> None:
    assert is_secret_url(url) is secret
