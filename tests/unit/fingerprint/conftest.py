"""An inventory with something of every kind in it, and its fingerprint as a run would take it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible.utils.vars import load_extra_vars, load_options_vars

from bongsu import fingerprint
from bongsu.inventory import ansible_loader

SECRETS = [("default", VaultSecret(b"the vault's password"))]


class _Vaulted(str):
    """A text that is written encrypted, under YAML's tag !vault."""


class _Unsafe(str):
    """A text that is no template, under YAML's tag !unsafe."""


def _encrypt(dumper: yaml.Dumper, value: str) -> yaml.Node:
    text = VaultLib(SECRETS).encrypt(value.encode(), SECRETS[0][1]).decode()
    return dumper.represent_scalar("!vault", text, style="|")


class _Dumper(yaml.SafeDumper):
    """Writes both."""


_Dumper.add_representer(_Vaulted, _encrypt)
_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value)))


class World:
    """A directory with an inventory, and how Ansible is started on it."""

    def __init__(self, root: Path) -> None:
        self.inventory = root / "inventory"
        self.read_by_a_lookup = root / "elsewhere.txt"
        self.read_by_a_lookup.write_text("one\n")
        self.extra: dict[str, Any] = {"extra": "one"}
        self.options: dict[str, Any] = {}
        self.write(
            "hosts.yml",
            {
                "all": {
                    "children": {
                        "monitors": {"hosts": {"m1": {"weight": 1}, "m2": None}, "vars": {"in_hosts_file": "one"}},
                        "servers": {"hosts": {"s1": None, "s2": None}},
                        "empty": {},
                    }
                }
            },
        )
        self.write(
            "group_vars/all/main.yml",
            {
                "plain": "one",
                "number": 1,
                "nested": {"list": ["a", {"deep": "one"}]},
                "still": "{{ plain }} and {{ groups['monitors'] | first }}",
                "from_file": "{{ lookup('file', '" + str(self.read_by_a_lookup) + "') }}",
                "from_environment": "{{ lookup('env', 'BONGSU_TEST_VALUE') }}",
                "from_both": "{{ from_file ~ lookup('env', 'BONGSU_TEST_VALUE') | default(prometheus_port, true) }}",
                "secret": _Vaulted("one"),
            },
        )
        self.write("group_vars/servers.yml", {"of_servers": "one"})
        self.write("host_vars/s1.yml", {"of_s1": "one"})
        self.file("motd.txt", "one\n")

    def file(self, name: str, text: str) -> None:
        path = self.inventory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write(self, name: str, document: Any) -> None:
        self.file(name, yaml.dump(document, Dumper=_Dumper, sort_keys=False))

    def read(self, name: str) -> Any:
        class Loader(yaml.SafeLoader):
            pass

        Loader.add_constructor("!vault", lambda *_: _Vaulted("one"))
        return yaml.load((self.inventory / name).read_text(), Loader=Loader)  # noqa: S506 - it is one

    def change(self, name: str, **values: Any) -> None:
        self.write(name, {**self.read(name), **values})

    vaulted = _Vaulted
    unsafe = _Unsafe

    def take(self) -> fingerprint.Fingerprint:
        """Start as Ansible does, with nothing remembered of an earlier start."""
        for remembered, name in ((load_extra_vars, "extra_vars"), (load_options_vars, "options_vars")):
            if hasattr(remembered, name):
                delattr(remembered, name)
        given = [_pairs(self.extra)] if self.extra else []
        context.CLIARGS = ImmutableDict(extra_vars=given, **self.options)
        ansible_loader._prepare_plugins()
        loader = DataLoader()
        loader.set_vault_secrets(SECRETS)
        known = VaultSecretsContext.current(optional=True)
        if known is None:
            VaultSecretsContext.initialize(VaultSecretsContext(SECRETS))
        else:
            known.secrets = SECRETS
        inventory = InventoryManager(loader, sources=[str(self.inventory)])
        return fingerprint.take(inventory, loader, [str(self.inventory)], began=time.time() + 60)


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("BONGSU_TEST_VALUE", "one")
    monkeypatch.setattr(context, "CLIARGS", context.CLIARGS)
    return World(tmp_path)
