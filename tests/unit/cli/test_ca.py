"""`bongsu ca renew` and `retire`: what becomes of the operator's files, also when it is interrupted."""

import json

import pytest
import yaml
from cryptography import x509

from bongsu import authority, cli, durable, inventory, newinventory, runner, vault
from bongsu.events import Failure, HostResult, RunResult

CERTIFICATE, KEY, RETIRED = authority.CERTIFICATE, authority.KEY, authority.RETIRED


@pytest.fixture
def servers(home):
    newinventory.create(home / "servers", home / "config/bongsu/vault/servers")
    return home / "servers"


@pytest.fixture
def hosts(monkeypatch):
    """Answer for the hosts; what was asked of them is kept."""
    asked = {"result": RunResult(hosts={"web1": HostResult(ok=1)})}

    def run_playbook(playbook, _sources, *, on_event, **_options):
        asked["playbook"] = playbook
        return asked["result"]

    monkeypatch.setattr(runner, "run_playbook", run_playbook)
    return asked


def ca(*words):
    return cli.main(["ca", *words, "-i", "servers"])


def secrets_file(servers):
    return servers / "group_vars/all/secrets.yml"


def values(servers):
    password = (servers.parent / "config/bongsu/vault/servers").read_text()
    public = (servers / "group_vars/all/ca.yml").read_text()
    return yaml.safe_load(public) | yaml.safe_load(vault.decrypt(secrets_file(servers).read_text(), password))


def test_renewing_makes_a_pair_and_keeps_the_old_certificate_trusted(servers, capsys):
    before = values(servers)
    assert ca("renew") == 0
    after = values(servers)
    assert after[RETIRED] == [before[CERTIFICATE]]
    assert after[CERTIFICATE] != before[CERTIFICATE]
    assert after[KEY] != before[KEY]
    names = {CERTIFICATE, KEY, RETIRED}
    assert {k: v for k, v in after.items() if k not in names} == {k: v for k, v in before.items() if k not in names}
    assert inventory.check([servers], servers.parent / "config/bongsu/vault/servers") == []
    out = capsys.readouterr().out
    assert "bongsu ca retire" in out
    assert after[KEY].splitlines()[1] not in out


def test_a_new_authority_is_told_apart_by_its_date(servers):
    ca("renew")
    after = values(servers)
    subject = x509.load_pem_x509_certificate(after[CERTIFICATE].encode()).subject.rfc4514_string()
    assert subject.startswith("CN=bongsu servers 20")
    assert authority._next_name(x509.load_pem_x509_certificate(after[CERTIFICATE].encode())) == subject[3:]


def test_comments_and_modes_stay(servers):
    public = servers / "group_vars/all/ca.yml"
    public.write_text(public.read_text() + "# the end\nown_variable: 1\n")
    public.chmod(0o640)
    ca("renew")
    text = public.read_text()
    assert text.startswith("# The certificate authority's public half")
    assert text.endswith("# the end\nown_variable: 1\n")
    assert (public.stat().st_mode & 0o777, secrets_file(servers).stat().st_mode & 0o777) == (0o640, 0o600)
    assert secrets_file(servers).read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert not list(servers.rglob("*.bongsu-new"))


def test_renewing_twice_is_refused(servers, capsys):
    ca("renew")
    before = values(servers)
    assert ca("renew") == 2
    assert "a renewal is under way" in capsys.readouterr().err
    assert values(servers) == before


def test_retiring_takes_the_old_one_out_once_no_host_needs_it(servers, hosts):
    public = servers / "group_vars/all/ca.yml"
    ca("renew")
    renewed = values(servers)
    assert ca("retire") == 0
    assert hosts["playbook"] == "authority.yml"
    assert values(servers) == {name: value for name, value in renewed.items() if name != RETIRED}
    assert authority.NOTE not in public.read_text()


def test_retiring_is_refused_while_a_host_needs_the_old_one(servers, hosts, capsys):
    ca("renew")
    before = values(servers)
    needs = Failure("settled | Refuse", "settled.yml:9", "Its certificate is by a retired authority")
    hosts["result"] = RunResult("failed", {"web1": HostResult(failures=[needs])})
    capsys.readouterr()
    assert ca("retire") == 1
    out = capsys.readouterr().out
    assert "web1: settled | Refuse" in out
    assert "stays" in out
    assert values(servers) == before


def test_retiring_nothing_asks_nobody(servers, hosts, capsys):
    assert ca("retire", "--json") == 0
    assert "playbook" not in hosts
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["message"]) == ("ok", "no authority is retired; nothing to do")


def test_a_renewal_cut_off_before_the_swap_leaves_the_old_pair(servers, monkeypatch):
    before = values(servers)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "swap", lambda _file: pytest.fail("cut off"))
        with pytest.raises(pytest.fail.Exception):
            ca("renew")
    assert len(list(servers.rglob("*.bongsu-new"))) == 2
    assert values(servers) == before
    assert ca("renew") == 0
    assert values(servers)[RETIRED] == [before[CERTIFICATE]]
    assert not list(servers.rglob("*.bongsu-new"))


def test_a_renewal_cut_off_between_the_two_files_is_finished_by_the_next(servers, monkeypatch, capsys):
    before, real = values(servers), durable.swap
    with monkeypatch.context() as patch:
        patch.setattr(
            durable, "swap", lambda file: real(file) if file.name == "secrets.yml" else pytest.fail("cut off")
        )
        with pytest.raises(pytest.fail.Exception):
            ca("renew")
    problems = inventory.check([servers], servers.parent / "config/bongsu/vault/servers")
    assert ["`bongsu ca renew` was interrupted, run it again" in problem.message for problem in problems] == [True]
    assert ca("renew") == 0
    assert "complete now" in capsys.readouterr().out
    assert values(servers)[RETIRED] == [before[CERTIFICATE]]
    assert inventory.check([servers], servers.parent / "config/bongsu/vault/servers") == []


def test_a_key_encrypted_by_itself_stays_so_in_one_file_with_the_certificate(servers):
    found = values(servers)
    password = (servers.parent / "config/bongsu/vault/servers").read_text()
    lines = "".join(f"    {line}\n" for line in vault.encrypt(found.pop(KEY), password).splitlines())
    public = servers / "group_vars/all/ca.yml"
    certificate = public.read_text().replace("\n---\n", "\n")
    public.write_text(f"{KEY}: !vault |\n{lines}# ours\n{certificate}")
    secrets_file(servers).write_text(
        vault.encrypt(yaml.safe_dump({k: v for k, v in found.items() if k != CERTIFICATE}), password)
    )
    before = public.read_text()
    assert ca("renew") == 0
    assert public.read_text().startswith(f"{KEY}: !vault |\n  $ANSIBLE_VAULT")
    assert public.read_text() != before
    assert inventory.check([servers], servers.parent / "config/bongsu/vault/servers") == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("group_vars/monitors/ca.yml", f"{CERTIFICATE}: x\n", "there are several authorities"),
        ("group_vars/all/ca.yml", f"{CERTIFICATE}: rubbish\n", "is not a PEM certificate"),
        ("group_vars/all/ca.yml", "own: 1\n", "written in no YAML file"),
        ("group_vars/all/ca.yml", f'{CERTIFICATE}: "{{{{ lookup(own) }}}}{{{{ x }}}}"\n', "not a PEM certificate"),
        ("group_vars/all/secrets.yml", f"{KEY}: plain\n", "is not encrypted"),
    ],
)
def test_what_cannot_be_renewed_is_told_and_left(servers, capsys, file, text, said):
    (servers / file).parent.mkdir(exist_ok=True)
    (servers / file).write_text(text)
    before = {path: path.read_bytes() for path in servers.rglob("*") if path.is_file()}
    assert ca("renew") == 2
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in servers.rglob("*") if path.is_file()} == before
