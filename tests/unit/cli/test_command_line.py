"""Options, exit statuses and what is printed where."""

import json

import pytest

import bongsu.inventory
from bongsu import cli, runner
from bongsu.commands import _inventory
from bongsu.events import Failure, HostResult, RunResult

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def servers(home):
    (home / "servers").mkdir()
    (home / "servers" / "hosts.yml").write_text("all: {}\n")
    return home / "servers"


@pytest.fixture
def runs(monkeypatch):
    """Replace the runner and the check; collect what was asked of them."""
    asked = {"result": RunResult(hosts={"a": HostResult(ok=1)}), "problems": []}

    def run_playbook(playbook, sources, *, on_event, **options):
        asked.update(playbook=playbook, sources=sources, options=options)
        return asked["result"]

    monkeypatch.setattr(runner, "run_playbook", run_playbook)
    monkeypatch.setattr(bongsu.inventory, "check", lambda _sources, _vault: asked["problems"])
    return asked


def test_provision_runs_the_site_with_the_options_given(servers, runs):
    assert cli.main(["provision", "-i", "servers", "--limit", "web7", "--check", "--diff"]) == 0
    assert (runs["playbook"], [str(path) for path in runs["sources"]]) == ("site.yml", ["servers"])
    assert {key: runs["options"][key] for key in ("limit", "check", "diff")} == {
        "limit": "web7",
        "check": True,
        "diff": True,
    }


def test_json_is_one_document_and_nothing_else(servers, runs, capsys):
    runs["result"] = RunResult("failed", {"a": HostResult(failures=[Failure("T", "x.yml:1", "no")])})
    assert cli.main(["verify", "-i", "servers", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["command"], document["status"]) == ("verify", "failed")
    assert document["hosts"]["a"]["failures"][0]["message"] == "no"


def test_a_failure_is_told_with_host_task_and_place(servers, runs, capsys):
    runs["result"] = RunResult("failed", {"web1": HostResult(failures=[Failure("Converge", "x.yml:7", "no such")])})
    assert cli.main(["provision", "-i", "servers"]) == 1
    out = capsys.readouterr().out
    assert "web1: Converge\n  x.yml:7\n    no such" in out


def test_an_inventory_with_problems_is_not_run(servers, runs, capsys):
    runs["problems"] = ["hosts.yml: web1: no address"]
    assert cli.main(["provision", "-i", "servers"]) == 2
    assert "playbook" not in runs
    assert capsys.readouterr().err.startswith("hosts.yml: web1: no address\n")


def test_problems_as_json(servers, runs, capsys):
    runs["problems"] = ["p"]
    assert cli.main(["check", "-i", "servers", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["problems"] == ["p"]


def test_without_an_inventory_the_cure_is_named(capsys):
    assert cli.main(["verify"]) == 2
    assert "bongsu init" in capsys.readouterr().err


def test_an_error_as_json(capsys):
    assert cli.main(["verify", "-i", "gone", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["exit_status"]) == ("bad_input", 2)
    assert "gone" in document["errors"][0]


def arguments(**values):
    return type("Arguments", (), {"inventory": None, "vault_password_file": None, **values})


def test_where_the_inventory_comes_from(home, servers):
    assert [str(path) for path in _inventory.chosen(arguments(), {"BONGSU_INVENTORY": "servers"})] == ["servers"]
    (home / "inventory").mkdir()
    (home / "inventory" / "hosts.yml").touch()
    assert [str(path) for path in _inventory.chosen(arguments(), {})] == ["inventory"]


def test_where_the_vault_password_comes_from(home, servers):
    own = _inventory.vault_file_of(servers)
    assert _inventory.vault_password_file(arguments(), [servers], {}) is None
    own.parent.mkdir(parents=True)
    own.touch()
    assert _inventory.vault_password_file(arguments(), [servers], {}) == own
    other = home / "other"
    other.touch()
    environment = {"ANSIBLE_VAULT_PASSWORD_FILE": str(other)}
    assert _inventory.vault_password_file(arguments(), [servers], environment) == other


def test_decommission_takes_a_name(servers, runs):
    assert cli.main(["decommission", "-i", "servers", "web7"]) == 0
    assert runs["playbook"] == "decommission.yml"
    assert runs["options"]["extra_vars"] == {"host": "web7"}


def test_bench_lists_every_bar(capsys):
    assert cli.main(["bench", "--json"]) == 0
    names = [one["name"] for one in json.loads(capsys.readouterr().out)]
    assert names == [
        *("demo", "rerun", "page-latency", "strangers", "broken-push"),
        *("noop-fast", "noop-full", "vs-builtin", "first-converge", "controller-memory"),
        *("drift", "kills", "lock-outs", "ssh-audit", "lynis", "cis"),
    ]
    assert cli.main(["bench", "nope"]) == 2


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([verb, "--help"])
    assert stopped.value.code == 0
    assert len(capsys.readouterr().out) > 100


def test_interrupted_outside_a_run(servers, runs, monkeypatch):
    def interrupted(_sources, _vault):
        raise KeyboardInterrupt

    monkeypatch.setattr(bongsu.inventory, "check", interrupted)
    assert cli.main(["check", "-i", "servers"]) == 130
