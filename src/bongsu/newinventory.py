"""A new inventory: the commented example, a certificate authority and passwords, the secret ones encrypted."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from pathlib import Path

import bcrypt

from bongsu import paths, varsfile, vault
from bongsu.errors import BadInput

BCRYPT_ROUNDS = 10  # what Prometheus advises: it checks the hash on each request
_CA_HEAD = "# The certificate authority's public half; its key is in secrets.yml. Both were made by `bongsu init`.\n"


def create(directory: Path, vault_password_file: Path) -> None:
    """Write the inventory and its vault password; BadInput, and nothing written, where a file is in the way."""
    example = paths.project_root() / "inventory" / "example"
    files = {path.relative_to(example): path.read_text() for path in sorted(example.rglob("*")) if path.is_file()}
    targets = [directory / name for name in files]
    made = [directory / "group_vars" / "all" / name for name in ("ca.yml", "secrets.yml")]
    for path in [*targets, *made]:
        if path.exists():
            raise BadInput(f"{path} exists; nothing is overwritten: give another directory")
    if vault_password_file.exists():
        raise BadInput(
            f"{vault_password_file} exists: an inventory of that name has its password there; "
            "name the directory differently, or give --vault-password-file"
        )
    password = vault.new_password()
    public, private = secret_values(f"bongsu {directory.resolve().name}")
    _write(vault_password_file, f"{password}\n", 0o600)
    for name, text in files.items():
        _write(directory / name, text, 0o644)
    _write(made[0], _CA_HEAD + _yaml(public), 0o644)
    _write(made[1], vault.encrypt(_yaml(private), password), 0o600)


def secret_values(common_name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables of a new inventory that nobody types: the public ones, and those for the vault."""
    from bongsu import pki

    certificate, key = pki.new_ca(common_name)
    operator = secrets.token_urlsafe(24)
    hashed = bcrypt.hashpw(operator.encode(), bcrypt.gensalt(BCRYPT_ROUNDS)).decode()
    return (
        {"host_certificate_ca_certificate": certificate},
        {
            "host_certificate_ca_key": key,
            "prometheus_operator_password": operator,
            "prometheus_operator_password_hash": hashed,
        },
    )


def next_steps(directory: Path, vault_password_file: Path) -> str:
    """Return what to do with a new inventory, ready to paste."""
    root = paths.project_root()
    bongsu = shlex.quote(str(root / "bongsu")) if paths.is_checkout() else "bongsu"
    here, password, project = (shlex.quote(str(path)) for path in (directory, vault_password_file, root))
    ansible = shlex.quote(str(Path(sys.executable).parent / "ansible"))
    return f"""\
{directory}: written, its secrets encrypted.

Next:
  1. put your hosts into      {directory}/hosts.yml
     and your receivers, and where you log in from (bongsu_operators), into
                              {directory}/group_vars/all/main.yml
  2. {bongsu} check -i {here}
  3. {bongsu} provision -i {here} --check --diff     what would change
  4. {bongsu} provision -i {here}
  5. {bongsu} verify -i {here}

The same with Ansible alone:
  ANSIBLE_CONFIG={project}/ansible.cfg {ansible}-playbook {project}/playbooks/site.yml \\
    -i {here} --vault-password-file {password}

Vault password:       {vault_password_file}
                      keep a copy where the team keeps its passwords: without it the secrets are lost
Prometheus operator:  prometheus_operator_password in {directory}/group_vars/all/secrets.yml
                      {ansible}-vault view --vault-password-file {password} \\
                        {here}/group_vars/all/secrets.yml
"""


def _yaml(values: dict[str, str]) -> str:
    return f"---\n{varsfile.as_yaml(values)}"


def _write(path: Path, text: str, mode: int) -> None:
    """Write a new file with its mode from the first moment; an existing one is an error."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == 0o600 else 0o755)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
