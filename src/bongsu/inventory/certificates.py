"""The internal authority: there, valid, a pair, and its key nowhere in plain sight; and whom it must not certify."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeGuard

from bongsu.inventory.model import Unresolved
from bongsu.inventory.words import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bongsu.inventory.model import Host, Inventory, Problem

CERTIFICATE, KEY = "host_certificate_ca_certificate", "host_certificate_ca_key"
RETIRED, AWAY, DENIED = "host_certificate_ca_retired", "host_certificate_away", "host_certificate_denied"
_FILES = {CERTIFICATE: "ca.yml", KEY: "secrets.yml"}
_MAKE = "copy both files of an authority, ca.yml and secrets.yml, from where `bongsu init DIR` makes a new one"
_DENIED = "is in the inventory, and this list denies it a certificate"
_TO_USE = "take {host} out of the inventory, or this entry out of the list when the name is to be used again"


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
        yield inventory.problem(host, (CERTIFICATE,), f"expired on {ended}; `bongsu ca renew -i DIR` makes another")
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
        again = "where `bongsu ca renew` was interrupted, run it again"
        yield inventory.problem(host, (KEY,), f"does not belong to {CERTIFICATE}; {cure}; {again}")


def check_retired(inventory: Inventory) -> Iterator[Problem]:
    """Check that retired authorities are authorities, and that none of them is the present one."""
    seen: set[str] = set()
    for host in inventory.hosts.values():
        present, retired = host.variables.get(CERTIFICATE), host.variables.get(RETIRED)
        if not isinstance(retired, list) or str(retired) in seen:
            continue
        seen.add(str(retired))
        for position, text in enumerate(retired):
            if not isinstance(text, Unresolved):
                wrong = _unfit_to_be_retired(str(text), str(present))
                if wrong:
                    yield inventory.problem(host, (RETIRED, position), wrong)


def _unfit_to_be_retired(text: str, present: str) -> str | None:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        return "is not a PEM certificate; put the earlier authority's certificate there, or take the entry out"
    if text.split() == present.split():
        return f"is {CERTIFICATE} itself; take the entry out, `bongsu ca renew` puts it here when it makes another"
    return None if _may_sign(certificate) else "is not an authority's (basicConstraints CA); take the entry out"


def check_names(inventory: Inventory) -> Iterator[Problem]:
    """Report hosts that have or want a denied name, and hosts said to be away that are not in the inventory."""
    for host in inventory.hosts.values():
        wanted = {name.lower() for name in (host.name, *_list(host.get("host_certificate_names"))) if _is_text(name)}
        for position, entry in enumerate(_list(host.variables.get(DENIED))):
            name = entry.get("name") if isinstance(entry, dict) else None
            if _is_text(name) and name.lower() in wanted:
                message = f"{host.name} {_DENIED}; {_TO_USE.format(host=host.name)}"
                yield inventory.problem(host, (DENIED, position, "name"), message)
        for position, name in enumerate(_list(host.variables.get(AWAY))):
            if _is_text(name) and name not in inventory.hosts:
                cure = suggest(name, inventory.hosts) or "take it out, nothing waits for it"
                yield inventory.problem(host, (AWAY, position), f"the inventory has no host '{name}'; {cure}")


def is_denial(problem: Problem, host: str) -> bool:
    """Say whether the problem is that this host, which is in the inventory, is denied."""
    return problem.key.startswith(DENIED) and problem.message.startswith(f"{host} {_DENIED};")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _may_sign(certificate: object) -> bool:
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)  # type: ignore[attr-defined]
    except x509.ExtensionNotFound:
        return False
    return bool(constraints.value.ca)
