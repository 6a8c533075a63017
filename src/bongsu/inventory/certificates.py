"""The internal authority: there, valid, a pair, and its key nowhere in plain sight."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from bongsu.inventory.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory, Problem

CERTIFICATE, KEY = "host_certificate_ca_certificate", "host_certificate_ca_key"
_FILES = {CERTIFICATE: "ca.yml", KEY: "secrets.yml"}
_MAKE = "copy both files of an authority, ca.yml and secrets.yml, from where `bongsu init DIR` makes a new one"


def check_authority(inventory: Inventory, now: dt.datetime | None = None) -> Iterator[Problem]:
    """Check certificate and key of the authority, once for each pair that the hosts are given."""
    seen: set[tuple[object, object]] = set()
    for host in inventory.hosts.values():
        certificate, key = host.variables.get(CERTIFICATE), host.variables.get(KEY)
        if isinstance(certificate, Unresolved) or isinstance(key, Unresolved):
            continue
        pair = (str(certificate), str(key))
        if pair in seen:
            continue
        seen.add(pair)
        missing = False
        for name, value in ((CERTIFICATE, certificate), (KEY, key)):
            if value is None or not str(value).strip():
                missing = True
                message = f"is not set; {_MAKE}"
                yield inventory.missing(name, f"all/{_FILES[name]}", message)
        if not missing:
            yield from _pair(inventory, host, *pair, now or dt.datetime.now(dt.UTC))


def _pair(inventory: Inventory, host: Host, certificate: str, key: str, now: dt.datetime) -> Iterator[Problem]:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        authority = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        begin = "it begins with -----BEGIN CERTIFICATE-----, each line indented below `: |`"
        yield inventory.problem(host, (CERTIFICATE,), f"is not a PEM certificate; {begin}. {_MAKE}")
        return
    if authority.not_valid_after_utc <= now:
        ended = authority.not_valid_after_utc.date().isoformat()
        yield inventory.problem(host, (CERTIFICATE,), f"expired on {ended}; {_MAKE}")
    if not _may_sign(authority):
        yield inventory.problem(host, (CERTIFICATE,), f"is not an authority's (basicConstraints CA); {_MAKE}")
    try:
        private = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        begin = "it begins with -----BEGIN PRIVATE KEY----- and has no password, the vault is its protection"
        yield inventory.problem(host, (KEY,), f"is not a PEM private key; {begin}. {_MAKE}")
        return
    if private.public_key() != authority.public_key():
        cure = "put a certificate and a key that were made together there"
        yield inventory.problem(host, (KEY,), f"does not belong to {CERTIFICATE}; {cure}")


def _may_sign(certificate: object) -> bool:
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)  # type: ignore[attr-defined]
    except x509.ExtensionNotFound:
        return False
    return bool(constraints.value.ca)
