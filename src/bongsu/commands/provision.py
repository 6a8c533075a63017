"""`bongsu provision`: bring hosts to what the inventory wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bongsu.commands import _playbook, verb

if TYPE_CHECKING:
    import argparse

_EXAMPLES = """\
examples:
  bongsu provision -i servers --check --diff   what would change, on which host
  bongsu provision -i servers
  bongsu provision -i servers --limit web7     one new host, watched from then on
  bongsu provision -i servers --full           every host in full, also those that nothing is known to have changed on

The same without this command:
  ansible-playbook playbooks/site.yml -i servers --vault-password-file ~/.config/bongsu/vault/servers

Ansible gets none of the shell's variables but PATH, HOME and the like, because runs are recorded; a secret
belongs in the inventory's vault.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verb(verbs, "provision", run, "bring hosts to what the inventory wants", epilog=_EXAMPLES)
    _playbook.add_options(parser)
    _playbook.add_change_options(parser)
    parser.add_argument(
        "--full", action="store_true", help="go through every host, also those known to have nothing to do"
    )


def run(args: argparse.Namespace) -> int:
    """Run site.yml."""
    return _playbook.run(args, "site.yml", {"bongsu_full": True} if args.full else None)
