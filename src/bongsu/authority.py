"""The inventory's certificate authority, renewed and retired in the operator's own files.

Certificate and key may stand in two files, and two renames are not one. Both new files are staged beside the old ones
first, the key's before the certificate's; then the key's is renamed, then the certificate's. So whatever is left of an
interrupted renewal tells how far it came: a staged key means that nothing was swapped yet, a staged certificate alone
that the key already is the new one.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bongsu import durable, pki, varsfile
from bongsu.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible.parsing.dataloader import DataLoader
    from cryptography import x509

    from bongsu.inventory.definitions import Definition, Definitions

CERTIFICATE, KEY = "host_certificate_ca_certificate", "host_certificate_ca_key"
RETIRED = "host_certificate_ca_retired"
NOTE = "# Still trusted, and signing nothing any more; `bongsu ca retire` takes it out."
_DATE = re.compile(r" \d{4}-\d\d-\d\d$")
_HAND = "see docs/decisions/0009 for how to do it by hand"


@dataclass(frozen=True)
class Place:
    """Where a value is finally written: the file, the variable there, and what of it is encrypted."""

    file: Path
    variable: str
    node: yaml.Node
    file_is_encrypted: bool


class Authority:
    """The authority as it stands in an inventory's files."""

    def __init__(self, sources: Sequence[Path], vault_password_file: Path | None) -> None:
        """Read the files, and finish a renewal that was interrupted: `finished` says so.

        BadInput names each file that cannot be read, and variables that do not stand where one can change them.
        """
        self.finished = False
        self._find(sources, vault_password_file)
        if _finish(self._certificate.file, self._key.file):
            self.finished = True
            self._find(sources, vault_password_file)

    def _find(self, sources: Sequence[Path], vault_password_file: Path | None) -> None:
        self._loader, definitions = read_definitions(sources, vault_password_file)
        self._certificate = _place(definitions, CERTIFICATE)
        self._key = _place(definitions, KEY)
        self._retired = _place(definitions, RETIRED) if RETIRED in definitions.names() else None

    @property
    def certificate(self) -> x509.Certificate:
        """The present authority's certificate."""
        from cryptography import x509

        try:
            return x509.load_pem_x509_certificate(str(self._certificate.node.value).encode())
        except ValueError:
            raise BadInput(f"{self._certificate.file}: {CERTIFICATE} is not a PEM certificate") from None

    @property
    def retired(self) -> list[str]:
        """The certificates of retired authorities, PEM."""
        node = self._retired.node if self._retired else None
        return [str(item.value) for item in node.value] if isinstance(node, yaml.SequenceNode) else []

    def renew(self) -> list[Path]:
        """Make a new authority, keep the old one's certificate as retired; return the files that changed."""
        if self.retired:
            raise BadInput(
                "a renewal is under way: provision all hosts, then `bongsu ca retire` takes the old authority out"
            )
        certificate, key = pki.new_ca(_next_name(self.certificate))
        # They may be one file: each change is made to what the one before has left.
        texts = {place.file: self._read(place) for place in (self._key, self._certificate)}
        texts[self._key.file] = self._with_key(texts[self._key.file], key)
        texts[self._certificate.file] = self._with_certificate(texts[self._certificate.file], certificate)
        for place in (self._key, self._certificate):
            self._stage(place, texts[place.file])
        for file in texts:
            durable.swap(file)
        return list(texts)

    def _with_key(self, text: str, key: str) -> str:
        variable = self._key.variable
        if self._key.file_is_encrypted:
            return varsfile.put(text, variable, varsfile.as_yaml({variable: key}))
        if self._key.node.tag != "!vault":
            raise BadInput(f"{self._key.file}: {KEY} is not encrypted; encrypt the file with ansible-vault first")
        return varsfile.put(text, variable, varsfile.sealed(variable, self._encrypted(key)))

    def _with_certificate(self, text: str, certificate: str) -> str:
        variable, old = self._certificate.variable, str(self._certificate.node.value)
        text = varsfile.put(text, variable, varsfile.as_yaml({variable: certificate}))
        retired = varsfile.as_yaml({RETIRED: [old]})
        if self._retired is None:
            return varsfile.put(text, RETIRED, f"{NOTE}\n{retired}", after=variable)
        if self._retired.file == self._certificate.file:
            return varsfile.put(text, RETIRED, retired)
        raise BadInput(f"{self._retired.file}: {RETIRED} is empty there; take it out, it goes below {CERTIFICATE}")

    def retire(self) -> Path:
        """Take the retired authorities out; return the file that changed."""
        if self._retired is None:
            raise BadInput("no authority is retired")
        self._stage(self._retired, varsfile.drop(self._read(self._retired), self._retired.variable, NOTE))
        durable.swap(self._retired.file)
        return self._retired.file

    def _read(self, place: Place) -> str:
        """Return the file's text, decrypted."""
        return str(self._loader.get_text_file_contents(str(place.file.absolute())))

    def _encrypted(self, text: str, label: str | None = None) -> str:
        """Encrypt with the vault password that was given."""
        return str(self._loader._vault.encrypt(text, vault_id=label).decode())

    def _stage(self, place: Place, text: str) -> None:
        if place.file_is_encrypted:
            text = self._encrypted(text, _label(place.file))
        durable.stage(place.file, text)


def read_definitions(sources: Sequence[Path], vault_password_file: Path | None) -> tuple[DataLoader, Definitions]:
    """Return Ansible's loader with the vault's password, and where each variable of the inventory is written."""
    from bongsu.inventory import ansible_loader
    from bongsu.inventory.definitions import Definitions
    from bongsu.inventory.sources import read_sources

    loader, problems = ansible_loader.new_loader(vault_password_file)
    scan = read_sources(sources, loader)
    problems += scan.problems
    if problems:
        raise BadInput("\n".join(map(str, problems)))
    return loader, Definitions(scan.definitions)


def _finish(certificate: Path, key: Path) -> bool:
    """Finish or undo a renewal that was interrupted; say whether it is done now."""
    half_done = durable.staged(certificate).exists() and not durable.staged(key).exists()
    if half_done:
        durable.swap(certificate)
    for file in (certificate, key):
        durable.staged(file).unlink(missing_ok=True)
    return half_done


def _place(definitions: Definitions, variable: str) -> Place:
    """Find where a variable is written, following `{{ name }}`; BadInput unless that is one place for all hosts."""
    found = [one for one in definitions if one.variable == variable]
    if not found:
        raise BadInput(f"{variable} is written in no YAML file of the inventory; {_HAND}")
    if len(found) > 1:
        raise BadInput(f"{variable} is written in {_files(found)}; there are several authorities, {_HAND}")
    if found[0].scope != "all" or found[0].is_host:
        raise BadInput(f"{found[0].file}: {variable} is for {found[0].scope} alone, not for all hosts; {_HAND}")
    last = definitions.literal(None, (variable,))
    definition, node = last if last is not None else (found[0], found[0].node)
    if last is None and variable != RETIRED:
        raise BadInput(f"{definition.file}: {variable} is not written out, but made of something else; {_HAND}")
    return Place(Path(definition.file).resolve(), definition.variable, node, definition.encrypted)


def _files(found: Sequence[Definition]) -> str:
    return " and ".join(f"{one.file}:{one.line()}" for one in found)


def _label(file: Path) -> str | None:
    """Return the vault id in an encrypted file's first line, None when it has none."""
    head = file.read_text().partition("\n")[0].split(";")
    return head[3].strip() if len(head) > 3 else None


def _next_name(certificate: x509.Certificate) -> str:
    """Return the new authority's common name: the old one's, with today's date so that people can tell them apart."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    today = f" {dt.datetime.now(dt.UTC).date()}"
    base = _DATE.sub("", str(names[0].value)) if names else "bongsu"
    return base[: pki.COMMON_NAME_LIMIT - len(today)] + today
