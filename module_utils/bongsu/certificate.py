"""When a host's certificate is due for a new one: the judgement alone, without a disk or a command.

The text comes from `openssl x509` with `-pubkey -dates -dateopt iso_8601` and the two extensions.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass

from .errors import BongsuError

# Renewing at two thirds leaves a third of the life (30 of 90 days) in which runs may be missed.
RENEW_NUMERATOR, RENEW_DENOMINATOR = 2, 3
# A certificate is backdated by minutes; only a life longer than wanted by more than this is another life.
LIFETIME_SLACK = dt.timedelta(hours=1)

ARGUMENT_SPEC = {
    "ca_certificate": {"type": "str", "required": True},
    "ca_retired": {"type": "list", "elements": "str", "default": []},
    "hold": {"type": "bool", "default": False},
    "names": {"type": "list", "elements": "str", "required": True},
    "client_auth": {"type": "bool", "default": False},
    "lifetime_days": {"type": "int", "default": 90},
    "directory": {"type": "path", "default": "/etc/bongsu/tls"},
    "group": {"type": "str", "default": "bongsu-tls"},
    "textfile_directory": {"type": "str", "default": ""},
}

SERVER_AUTH = "TLS Web Server Authentication"
CLIENT_AUTH = "TLS Web Client Authentication"

_PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_FIELD = re.compile(r"^(notBefore|notAfter)=(.+)$", re.MULTILINE)
_EXTENSION = re.compile(r"^X509v3 (Subject Alternative Name|Extended Key Usage):[^\n]*\n([^\n]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Wanted:
    """What the inventory wants the certificate to say."""

    names: frozenset[str]
    addresses: frozenset[str]
    client_auth: bool
    lifetime: dt.timedelta

    @property
    def usages(self) -> frozenset[str]:
        """The extended key usages in openssl's words."""
        return frozenset({SERVER_AUTH, CLIENT_AUTH} if self.client_auth else {SERVER_AUTH})


@dataclass(frozen=True)
class Present:
    """What the certificate on the host says; `public_key` is PEM, the times are UTC."""

    public_key: str
    not_before: dt.datetime
    not_after: dt.datetime
    names: frozenset[str]
    addresses: frozenset[str]
    usages: frozenset[str]

    @property
    def renew_at(self) -> dt.datetime:
        """The moment from which a new certificate is due."""
        due = renew_at(int(self.not_before.timestamp()), int(self.not_after.timestamp()))
        return dt.datetime.fromtimestamp(due, tz=dt.UTC)


def renew_at(begins: int, expires: int) -> float:
    """Return from when on a certificate of that life is to be renewed; all in seconds since 1970."""
    return begins + (expires - begins) * RENEW_NUMERATOR / RENEW_DENOMINATOR


def serves(present: Present, *, public_key: str | None, now: dt.datetime) -> bool:
    """Say whether the certificate works as it is wherever its authority is trusted."""
    return present.public_key == public_key and present.not_before <= now < present.not_after


def split_names(entries: list[str]) -> tuple[list[str], list[str]]:
    """Part a mixed list into names and canonical addresses, in order, without doubles or empty entries."""
    names: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for entry in entries:
        try:
            addresses[str(ipaddress.ip_address(entry))] = None
        except ValueError:
            if entry:
                names[entry] = None
    return list(names), list(addresses)


def parse_public_key(text: str) -> str:
    """Find the PEM public key in what openssl printed."""
    found = _PUBLIC_KEY.search(text)
    if found is None:
        raise BongsuError("openssl printed no public key")
    return found.group(0)


def parse_certificate(text: str) -> Present:
    """Read what openssl printed about a certificate; an unreadable one is an error naming what is missing."""
    times = {name: _parse_time(value) for name, value in _FIELD.findall(text)}
    for field in ("notBefore", "notAfter"):
        if field not in times:
            raise BongsuError(f"openssl printed no {field}")
    extensions = {name: value.strip().split(", ") for name, value in _EXTENSION.findall(text)}
    names: set[str] = set()
    addresses: set[str] = set()
    for entry in extensions.get("Subject Alternative Name", []):
        kind, _, value = entry.partition(":")
        if kind == "IP Address":
            addresses.add(str(ipaddress.ip_address(value)))
        else:
            # A kind that is never asked for (an e-mail, a URI) stays in sight and counts as a difference.
            names.add(value if kind == "DNS" else entry)
    return Present(
        public_key=parse_public_key(text),
        not_before=times["notBefore"],
        not_after=times["notAfter"],
        names=frozenset(names),
        addresses=frozenset(addresses),
        usages=frozenset(extensions.get("Extended Key Usage", [])),
    )


def reasons(
    present: Present | None, wanted: Wanted, *, public_key: str | None, trusted: bool, now: dt.datetime
) -> list[str]:
    """Why a new certificate is due, in words for the operator; empty when the present one serves.

    `public_key` is that of the host's key, None when there is no usable key; `trusted` says whether the given
    CA signed the present certificate.
    """
    if present is None:
        return ["there is no certificate yet"]
    found = []
    if public_key is None:
        found.append("the host has no usable key")
    elif present.public_key != public_key:
        found.append("the certificate is not for the host's key")
    if not trusted:
        found.append("another CA signed it")
    found += _difference("name", present.names, wanted.names)
    found += _difference("address", present.addresses, wanted.addresses)
    found += _difference("purpose", present.usages, wanted.usages)
    if now >= present.not_after:
        found.append(f"it expired on {present.not_after:%Y-%m-%d %H:%M} UTC")
    elif now >= present.renew_at:
        found.append(f"two thirds of its life are over; it ends on {present.not_after:%Y-%m-%d %H:%M} UTC")
    elif now < present.not_before:
        found.append(f"it is valid only from {present.not_before:%Y-%m-%d %H:%M} UTC; is the clock right?")
    if present.not_after - present.not_before > wanted.lifetime + LIFETIME_SLACK:
        found.append(f"it lives longer than the {wanted.lifetime.total_seconds() / 86400:g} days wanted")
    return found


def _difference(kind: str, present: frozenset[str], wanted: frozenset[str]) -> list[str]:
    missing = [f"{kind} {entry} is missing" for entry in sorted(wanted - present)]
    return missing + [f"{kind} {entry} is no longer wanted" for entry in sorted(present - wanted)]


def _parse_time(text: str) -> dt.datetime:
    """`2026-11-23 12:45:39Z`, as `-dateopt iso_8601` writes it."""
    try:
        return dt.datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        raise BongsuError(f"openssl printed a time that is not understood: {text!r}") from None
