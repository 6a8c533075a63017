"""What a lab keeps on the controller: keys, the inventory that goes with them, the vault's password."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Any

import bcrypt
import yaml

from bongsu import paths, pki, vault
from bongsu.lab import keys

if TYPE_CHECKING:
    from pathlib import Path

    from bongsu.lab.spec import LabHost, LabSpec

# Nobody there tells the time, and it is not to be told of again and again.
NO_TIME = {"time.synchronised": {"waived": "no time server can be reached from here", "until": "2099-12-31"}}
HEADER = "# Made by bongsu for its lab; `bongsu lab down` removes it.\n"


class State:
    """The directory of one lab; nothing in it is needed once the lab is down."""

    def __init__(self, name: str) -> None:
        """Name the paths; nothing is written before `prepare`."""
        self.path = labs_dir() / name
        self.inventory = self.path / "inventory"
        self.operator_key = self.path / "id_ed25519"
        self.known_hosts = self.path / "known_hosts"
        self.vault_password = self.path / "vault-password"
        self.control = self.path / "cp"
        self.sink = self.path / "sink"
        self.sink_token = self.sink / "token"
        self.received = self.sink / "sink.jsonl"

    def host_key(self, host: LabHost) -> Path:
        """Return the path of a host's private SSH key."""
        return self.path / "hosts" / host.name / keys.HOST_KEY

    def prepare(self, spec: LabSpec) -> None:
        """Make what is missing; what exists stays, so that a lab keeps its CA and its keys while it lives."""
        for directory in (self.path, self.sink, self.control):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys.ensure_key(self.operator_key)
        pairs = [(host, keys.ensure_key(self.host_key(host))) for host in spec.hosts]
        self.known_hosts.write_text(keys.known_hosts(pairs), encoding="utf-8")
        if not self.sink_token.exists():
            _write(self.sink_token, secrets.token_urlsafe(32), secret=True)
        self._prepare_inventory(spec)

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _prepare_inventory(self, spec: LabSpec) -> None:
        variables = self.inventory / "group_vars" / "all"
        variables.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Ansible takes a directory without a host file for a mistake.
        _write(self.inventory / "hosts.yml", HEADER + "all: {}\n")
        _write(variables / "ssh.yml", _document(self._ssh_variables(spec)))
        authority, encrypted = variables / "ca.yml", variables / "secrets.yml"
        if authority.exists() and encrypted.exists() and self.vault_password.exists():
            return
        certificate, key = pki.new_ca(f"{spec.name} lab CA")
        password = secrets.token_urlsafe(18)
        hidden = {
            "host_certificate_ca_key": key,
            "prometheus_operator_password": password,
            "prometheus_operator_password_hash": bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode(),
            "lab_sink_token": self.sink_token.read_text(encoding="utf-8"),
        }
        vault_password = vault.new_password()
        _write(self.vault_password, f"{vault_password}\n", secret=True)
        _write(authority, _document({"host_certificate_ca_certificate": certificate}))
        _write(encrypted, vault.encrypt(_document(hidden), vault_password), secret=True)

    def _ssh_variables(self, spec: LabSpec) -> dict[str, Any]:
        return {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.operator_key),
            "ansible_ssh_common_args": keys.shell_words(keys.ssh_options(self.path)),
            # Connections kept open to hosts that are gone are closed when the lab is, so they are kept here.
            "ansible_control_path_dir": str(self.control),
            "bongsu_operators": [spec.gateway],
            # The hosts of another lab, and of the next one, have the same names.
            "bongsu_evidence": str(self.path / "evidence"),
            "time_sync_controls": NO_TIME,
        }

    def secrets(self) -> dict[str, str]:
        """Return the secret variables, decrypted."""
        text = (self.inventory / "group_vars" / "all" / "secrets.yml").read_text(encoding="utf-8")
        password = self.vault_password.read_text(encoding="utf-8")
        loaded: dict[str, str] = yaml.safe_load(vault.decrypt(text, password))
        return loaded


def labs_dir() -> Path:
    """Return the directory of all labs (created)."""
    path = paths.state_dir() / "lab"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def _document(variables: dict[str, Any]) -> str:
    return HEADER + "---\n" + yaml.safe_dump(variables, sort_keys=True, width=1000)


def _write(path: Path, text: str, *, secret: bool = False) -> None:
    path.touch(mode=0o600 if secret else 0o644)
    path.write_text(text, encoding="utf-8")
