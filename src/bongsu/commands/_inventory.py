"""Which inventory and which vault password a verb works with, and the check that comes before anything else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu import paths
from bongsu.errors import BadInput

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

HOST_FILES = ("hosts.yml", "hosts.yaml", "hosts.ini", "hosts")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that name an inventory."""
    parser.add_argument(
        "-i",
        "--inventory",
        metavar="DIR",
        type=Path,
        action="append",
        help="inventory directory, may be repeated (default: $BONGSU_INVENTORY, else ./inventory)",
    )
    parser.add_argument(
        "--vault-password-file",
        metavar="FILE",
        type=Path,
        help="default: $ANSIBLE_VAULT_PASSWORD_FILE, else ~/.config/bongsu/vault/<name of DIR>",
    )


def chosen(args: argparse.Namespace, environment: Mapping[str, str] | None = None) -> list[Path]:
    """Return the inventory directories asked for; BadInput when there is none or one does not exist."""
    environment = os.environ if environment is None else environment
    sources: list[Path] = list(args.inventory or [])
    if not sources and environment.get("BONGSU_INVENTORY"):
        sources = [Path(environment["BONGSU_INVENTORY"])]
    if not sources:
        here = Path("inventory")
        if not any((here / name).is_file() for name in HOST_FILES):
            raise BadInput("no inventory: give one with -i DIR, or make one with 'bongsu init DIR'")
        sources = [here]
    for source in sources:
        if not source.exists():
            raise BadInput(f"{source}: no such inventory; make one with 'bongsu init {source}'")
    return sources


def vault_password_file(
    args: argparse.Namespace, sources: Sequence[Path], environment: Mapping[str, str] | None = None
) -> Path | None:
    """Return the file with the vault password: the option, Ansible's variable, else the one `init` made."""
    environment = os.environ if environment is None else environment
    named = args.vault_password_file or environment.get("ANSIBLE_VAULT_PASSWORD_FILE")
    if named:
        file = Path(named).expanduser()
        if not file.is_file():
            raise BadInput(f"{file}: no such vault password file")
        return file
    for source in sources:
        file = vault_file_of(source)
        if file.is_file():
            return file
    return None


def vault_file_of(directory: Path) -> Path:
    """Return where `init` keeps the vault password of an inventory: outside any repository, by its name."""
    return paths.config_dir() / "vault" / directory.resolve().name


def problems(sources: list[Path], vault: Path | None, *, denied_host: str | None = None) -> list[str]:
    """Return what is wrong with the inventory, a line each: file, key and cure. Opens no connection.

    That `denied_host` is in the inventory and on its deny list is not among them.
    """
    from bongsu import inventory
    from bongsu.inventory.certificates import is_denial

    found = inventory.check(sources, vault)
    return [str(problem) for problem in found if denied_host is None or not is_denial(problem, denied_host)]
