"""Bans count where the kernel carries them out; and nobody shuts himself out without having been told."""

import datetime as dt
import json

import pytest
from ansible.module_utils.bongsu import bans, bans_host, login
from ansible.module_utils.bongsu.errors import BongsuError

ACTION = bans.Action("inet f2b-table", "prerouting", "sshd", "ssh,2222")
JAIL = bans.Jail("sshd", ("192.0.2.7", "2001:db8::7"), 3, 20, ACTION)


def rule(name, *, ports=(22, 2222), verdict="reject", chain="f2b"):
    steps = [{"match": {"left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": f"@{name}"}}]
    if ports:
        right = {"set": list(ports)} if len(ports) > 1 else ports[0]
        steps.insert(0, {"match": {"left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": right}})
    return {"rule": {"chain": chain, "expr": [*steps, {verdict: None}]}}


def kernel(*, v4=("192.0.2.7",), v6=({"elem": {"val": "2001:db8::7", "timeout": 9}},), hook="prerouting", rules=None):
    entries = [
        {"metainfo": {}},
        {"chain": {"name": "f2b", "hook": hook}},
        {"set": {"name": "addr-set-sshd", "elem": list(v4)}},
        {"set": {"name": "addr6-set-sshd", "elem": list(v6)}},
        *(rules if rules is not None else [rule("addr-set-sshd"), rule("addr6-set-sshd")]),
    ]
    return bans.read_table(json.dumps({"nftables": entries}))


def test_what_the_kernel_refuses_is_nothing_to_complain_of():
    assert bans.complaint(JAIL, kernel()) is None


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (bans.read_table(""), "no rule at the kernel's prerouting refuses what sshd bans (IPv4)"),
        (kernel(hook="input"), "no rule at the kernel's prerouting"),
        (kernel(rules=[rule("addr-set-sshd")]), "no rule at the kernel's prerouting refuses what sshd bans (IPv6)"),
        (kernel(rules=[rule("addr-set-sshd", verdict="accept"), rule("addr6-set-sshd")]), "no rule"),
        (kernel(rules=[rule("addr-set-sshd", ports=(22,)), rule("addr6-set-sshd")]), "is of other ports (IPv4)"),
        (kernel(rules=[rule("addr-set-sshd", ports=()), rule("addr6-set-sshd")]), "is of other ports (IPv4)"),
        (kernel(v4=()), "the kernel does not refuse 192.0.2.7, which sshd has banned"),
    ],
)
def test_what_it_does_not_is_told(table, words):
    assert words in bans.complaint(JAIL, table)


def test_all_ports_means_a_rule_without_one():
    every = bans.Jail("sshd", (), 0, 0, bans.Action("inet f2b-table", "prerouting", "sshd", None))
    assert (
        bans.complaint(every, kernel(rules=[rule("addr-set-sshd", ports=()), rule("addr6-set-sshd", ports=())])) is None
    )
    assert "other ports" in bans.complaint(every, kernel())


def test_nobody_judges_a_jail_that_bans_in_another_way():
    assert bans.complaint(bans.Jail("mail", ("192.0.2.7",), 1, 1, None), bans.Table()) is None


def test_ports_are_numbers_and_ranges():
    assert bans.port_numbers("ssh, 8000:8010") == {"22", "8000-8010"}
    ranged = kernel(rules=[rule("addr-set-sshd", ports=(22, {"range": [8000, 8010]}))])
    assert ranged.rules[0][2] == {"22", "8000-8010"}


def test_a_jail_is_read_and_measured():
    status = [
        ("Filter", [("Currently failed", 1), ("Total failed", 20), ("Journal matches", [])]),
        ("Actions", [("Currently banned", 2), ("Total banned", 3), ("Banned IP list", ["2001:db8::7", "192.0.2.7"])]),
    ]
    assert bans.read_jail("sshd", status, ACTION) == JAIL
    text = bans.metrics([JAIL], {}).decode()
    assert 'bongsu_bans_active{jail="sshd"} 2\n' in text
    assert 'bongsu_bans_total{jail="sshd"} 3\n' in text
    assert 'bongsu_bans_failures_total{jail="sshd"} 20\n' in text
    assert 'bongsu_bans_enforced{jail="sshd"} 1\n' in text
    assert 'bongsu_bans_enforced{jail="sshd"} 0\n' in bans.metrics([JAIL], {"sshd": "x"}).decode()


@pytest.mark.parametrize(
    ("address", "never"),
    [
        ("192.0.2.7", ["192.0.2.0/24"]),
        ("::ffff:192.0.2.7", ["192.0.2.7"]),
        ("2001:db8::7", ["192.0.2.0/24", "2001:db8::/64"]),
        ("127.0.0.1", ["localhost"]),
        (None, []),
    ],
)
def test_who_is_on_the_list_is_not_shut_out(address, never):
    assert bans.shut_out(address, never) is None


@pytest.mark.parametrize("never", [[], ["192.0.2.8"], ["2001:db8::/64"], ["nowhere.invalid"]])
def test_who_is_not_is_told_what_to_write(never):
    told = bans.shut_out("192.0.2.7", never, today=dt.date(2026, 11, 25))
    assert "'bongsu_operators: [192.0.2.7]'" in told
    assert '{ban.operator: {waived: my address changes, until: "2027-11-25"}}' in told


def document(tmp_path, operator):
    path = tmp_path / "intrusion_ban.json"
    listed = [{"id": "ban.never", "state": "applied", "fail2ban": {"sshd.ignoreip": ["192.0.2.1"]}}, operator]
    path.write_text(json.dumps({"role": "intrusion_ban", "controls": listed}))
    return path


def test_the_list_that_is_about_to_come_decides(tmp_path, monkeypatch):
    guarded = document(tmp_path, {"id": "ban.operator", "state": "applied", "fail2ban": {"sshd.operator": "never"}})
    monkeypatch.setattr(login, "came_from", lambda: "192.0.2.1")
    bans_host.refuse_to_shut_out(guarded)
    monkeypatch.setattr(login, "came_from", lambda: "192.0.2.7")
    with pytest.raises(BongsuError, match=r"you are connected from 192\.0\.2\.7"):
        bans_host.refuse_to_shut_out(guarded)
    bans_host.refuse_to_shut_out(
        document(tmp_path, {"id": "ban.operator", "state": "waived", "reason": "x", "until": "2027-01-01"})
    )


class Answers:
    """Stands for a fail2ban that has banned one address more at each look."""

    def __init__(self, *banned):
        self.banned = list(banned)

    def __enter__(self):
        return self

    def __exit__(self, *_of):
        return None

    def jails(self):
        return ["sshd"]

    def ask(self, *_words):
        return [("Filter", [("Total failed", 1)]), ("Actions", [("Total banned", 1), ("Banned IP list", self._next())])]

    def _next(self):
        return self.banned.pop(0)


@pytest.mark.parametrize(
    ("banned", "words"),
    [
        ([["192.0.2.7"]], None),
        ([["192.0.2.7", "192.0.2.8"], ["192.0.2.7"]], None),  # ended meanwhile
        ([["192.0.2.7", "192.0.2.8"], *[["192.0.2.8"]] * 6], "the kernel does not refuse 192.0.2.8, which"),
        ([["192.0.2.8"], ["192.0.2.7", "192.0.2.9"]], None),  # what was banned since is too new to count
    ],
)
def test_a_ban_that_is_about_to_be_carried_out_is_no_complaint(monkeypatch, banned, words):
    asked = Answers(*banned)
    monkeypatch.setattr(bans_host, "Server", lambda: asked)
    monkeypatch.setattr(bans_host, "action", lambda _server, _jail: ACTION)
    monkeypatch.setattr(bans_host, "table", lambda _name: kernel())
    monkeypatch.setattr(bans_host, "_PAUSE", 0)
    found, complaints = bans_host.look()
    assert [one.name for one in found] == ["sshd"]
    assert (complaints.get("sshd") or "").startswith(words or "")
    assert bool(complaints) == (words is not None)
    assert not asked.banned
