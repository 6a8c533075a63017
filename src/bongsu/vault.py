"""Ansible Vault from Python: encrypt and decrypt a text with a password, no child process, nothing on disk."""

from __future__ import annotations

import secrets

from ansible.parsing.vault import VaultLib, VaultSecret


def new_password() -> str:
    """Return a password of 256 random bits."""
    return secrets.token_urlsafe(32)


def encrypt(text: str, password: str) -> str:
    """Return the text as `ansible-vault encrypt` would write it."""
    return str(_vault(password).encrypt(text).decode())


def decrypt(text: str, password: str) -> str:
    """Return what a vault text holds."""
    return str(_vault(password).decrypt(text).decode())


def _vault(password: str) -> VaultLib:
    return VaultLib([("default", VaultSecret(password.strip().encode()))])
