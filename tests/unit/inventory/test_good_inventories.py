"""The good twins: what a person may well write is left alone, and quickly."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_inventory import PASSWORD, authority, base_files, certificates, indented, write

from bongsu import vault
from bongsu.inventory import check
from bongsu.paths import project_root

if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIVER = "---\nalertmanager_receivers: [{name: ops, webhook_configs: [{url: 'http://192.0.2.9:8080/ops'}]}]\n"
ONE_LOCAL = "all: {children: {monitors: {hosts: {alone: {ansible_connection: local}}}}}\n"
ONE_SSH = "all: {children: {monitors: {hosts: {alone.example.org: {}}}}}\n"
NAMED = "all: {children: {monitors: {hosts: {m1: , m2: {ansible_host: m2.example.org}}}}}\n"
THREE = """\
all:
  children:
    monitors:
      hosts:
        m1: {ansible_host: '2001:db8::1'}
        m2: {ansible_host: m2.example.org, bongsu_address: '2001:db8::2'}
        m3: {bongsu_address: 10.0.0.3}
"""
LOCAL_AND_OTHERS = """\
all:
  children:
    monitors: {hosts: {mon1: {ansible_connection: local, bongsu_address: 192.0.2.11}}}
    monitored:
      hosts: {web1: {ansible_host: 192.0.2.21}, web2: {ansible_host: "{{ own_net }}.22"}}
      vars: {own_net: 192.0.2}
"""
LOOKUPS = f"""{RECEIVER}\
prometheus_retention_time: "{{{{ lookup('pipe', 'touch ran') }}}}"
prometheus_retention_size: "{{{{ ansible_facts['memtotal_mb'] }}}}MB"
prometheus_port: "{{{{ own_port | int }}}}"
own_port: "9191"
own_labels: {{team: !unsafe "{{{{ $labels.team }}}}"}}
"""
EXPORTER_MODULES = f"""{RECEIVER}\
blackbox_exporter_probes:
  - {{name: own, module: own_module, target: 192.0.2.1, severity: page}}
  - {{name: zone, module: dns, target: "192.0.2.53:53"}}
  - {{name: db, module: tcp_connect, target: "[2001:db8::5]:5432"}}
blackbox_exporter_modules: {{own_module: {{prober: icmp}}}}
node_exporter_watched_units: [nginx, backup.timer, "getty@tty1.service"]
"""


def files_of(hosts: str, variables: str = RECEIVER) -> dict[str, str]:
    return {"hosts.yml": hosts, "group_vars/all/main.yml": variables, **certificates()}


GOOD: dict[str, Mapping[str, str]] = {
    "the base of the bad ones": base_files(),
    "one server over ssh": files_of(ONE_SSH),
    "monitors known by names, and no firewall": files_of(NAMED, f"{RECEIVER}bongsu_profile: none\n"),
    "one server that is this machine": files_of(ONE_LOCAL),
    "three monitors": files_of(THREE),
    "this machine among others": files_of(LOCAL_AND_OTHERS),
    "templates that only the run can resolve": files_of(ONE_SSH, LOOKUPS),
    "modules of the operator's own": files_of(ONE_SSH, EXPORTER_MODULES),
    "an authority being renewed, a name that is denied, a host that is away": {
        **files_of(ONE_SSH, f"{RECEIVER}host_certificate_away: [alone.example.org]\n"),
        "group_vars/all/denied.yml": "host_certificate_denied: [{name: web7, since: '2026-11-23', reason: stolen}]\n",
        "group_vars/all/retired.yml": f"host_certificate_ca_retired:\n- {indented(authority('expired')[0])}",
    },
    "an INI inventory": {
        "hosts.ini": "[monitors]\nmon1 ansible_host=192.0.2.11\n[servers]\nweb1 ansible_host=192.0.2.21\n",
        "group_vars/all/main.yml": RECEIVER,
        **certificates(),
    },
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_inventory_is_left_alone(name: str, inventory: Path, password: Path) -> None:
    write(inventory, dict(GOOD[name]))
    assert [str(problem) for problem in check([inventory], password)] == []
    assert not Path("ran").exists()


def test_the_example_is_good_once_init_has_made_its_secrets(inventory: Path, password: Path) -> None:
    shutil.copytree(project_root() / "inventory" / "example", inventory, dirs_exist_ok=True)
    write(inventory, certificates())
    assert [str(problem) for problem in check([inventory], password)] == []


def test_the_lab_is_good_with_the_source_that_it_makes(inventory: Path, password: Path) -> None:
    lab = project_root() / "inventory" / "lab"
    if not lab.is_dir():
        pytest.skip("there is no inventory/lab")
    made = certificates()
    made["group_vars/all/secrets.yml"] += "lab_sink_token: t\n"
    write(inventory, made | {"hosts.yml": "all: {}\n"})
    assert [str(problem) for problem in check([lab, inventory], password)] == []


def test_values_may_be_encrypted_one_by_one(inventory: Path, password: Path) -> None:
    files = files_of(ONE_SSH, RECEIVER + "alertmanager_secret_files:\n  chat: !vault |\n    ")
    files["group_vars/all/main.yml"] += vault.encrypt("t0ken", PASSWORD).replace("\n", "\n    ").rstrip() + "\n"
    write(inventory, files)
    assert [str(problem) for problem in check([inventory], password)] == []
    files["group_vars/all/secrets.yml"] = certificates()["group_vars/all/secrets.yml"]
    write(inventory, files)
    password.write_text("another\n")
    assert [p.file for p in check([inventory], password)] == ["inventory/group_vars/all/secrets.yml"]


def test_a_value_encrypted_with_another_password_is_told(inventory: Path, password: Path) -> None:
    sealed = vault.encrypt("t0ken", "another password").replace("\n", "\n    ").rstrip()
    write(inventory, files_of(ONE_SSH, f"{RECEIVER}alertmanager_secret_files:\n  chat: !vault |\n    {sealed}\n"))
    (problem,) = check([inventory], password)
    assert (problem.key, problem.line) == ("alertmanager_secret_files.chat", 4)
    assert "does not open it" in problem.message


def test_the_environment_may_name_the_password(
    inventory: Path, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(inventory, base_files())
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    assert check([inventory]) == []


def test_a_password_file_that_is_missing_is_told(inventory: Path) -> None:
    write(inventory, base_files())
    first = check([inventory], Path("no-such-file"))[-1]
    assert first.file == "no-such-file"
    assert "name the file that holds the vault password" in first.message


def test_an_inventory_that_is_missing_is_told(inventory: Path, password: Path) -> None:
    (problem,) = check([inventory / "nowhere"], password)
    assert str(problem) == "inventory/nowhere: there is no such inventory; `bongsu init` makes one"


def test_a_directory_without_a_host_file_is_told(inventory: Path, password: Path) -> None:
    write(inventory, certificates())
    (problem,) = check([inventory], password)
    assert problem.message == "has no host file; write hosts.yml"


def test_a_later_check_sees_what_has_changed(inventory: Path, password: Path) -> None:
    files = files_of(ONE_SSH)
    write(inventory, {"hosts.yml": files.pop("hosts.yml")})
    assert check([inventory], password)
    write(inventory, files)
    assert check([inventory], password) == []


def test_ten_hosts_take_less_than_a_second(inventory: Path, password: Path) -> None:
    hosts = ", ".join(f"s{number}: {{ansible_host: 192.0.2.{number}}}" for number in range(9))
    monitors = "{hosts: {m: {ansible_host: 192.0.2.99}}}"
    write(inventory, files_of(f"all: {{children: {{monitors: {monitors}, s: {{hosts: {{{hosts}}}}}}}}}\n"))
    started = time.process_time()
    assert check([inventory], password) == []
    assert time.process_time() - started < 1
