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


def run(args: argparse.Namespace) -> int:
    """Run site.yml."""
    return _playbook.run(args, "site.yml")
