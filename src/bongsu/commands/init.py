"""`bongsu init`: write an inventory of the operator's own, with its secrets encrypted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bongsu.commands import verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
example:
  bongsu init servers       then put your hosts into servers/hosts.yml
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "init", run, "write a commented inventory with encrypted secrets", epilog=_EXAMPLES)
    parser.add_argument("directory", metavar="DIR", type=Path, help="where the inventory goes; made if missing")
    parser.add_argument(
        "--vault-password-file",
        metavar="FILE",
        type=Path,
        help="where the new vault password goes (default: ~/.config/bongsu/vault/<name of DIR>)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the inventory and say what to do next."""
    from bongsu import newinventory
    from bongsu.commands._inventory import vault_file_of

    vault = args.vault_password_file or vault_file_of(args.directory)
    newinventory.create(args.directory, vault)
    sys.stdout.write(newinventory.next_steps(args.directory, vault))
    return 0
