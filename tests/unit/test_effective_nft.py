"""What the kernel has is read from nft's JSON, whichever release prints it, and held against what was placed."""

import json

import pytest
from ansible.module_utils.bongsu import controls, firewall_host, host
from ansible.module_utils.bongsu.component import store
from ansible.module_utils.bongsu.effective import nft
from ansible.module_utils.bongsu.errors import BongsuError

TABLE = {"family": "inet", "table": "bongsu"}


def rule(chain, *expr, comment=None, handle=9):
    return {
        "rule": {**TABLE, "chain": chain, "handle": handle, **({"comment": comment} if comment else {}), "expr": expr}
    }


def limited(**limit):
    return {"limit": {"rate": 30, "burst": 60, "per": "minute", **limit}}


def listing(*more, policy="drop", figures=7, seen=()):
    seen_set = {**TABLE, "name": "SSH_RATE_v4", "type": "ipv4_addr", "handle": 4, "timeout": 120}
    entries = [
        {"metainfo": {"version": "1.0.6"}},
        {"table": {"family": "inet", "name": "bongsu", "handle": figures}},
        {"counter": {**TABLE, "name": "dropped_unasked", "handle": 2, "packets": figures, "bytes": 60 * figures}},
        {"set": seen_set | ({"elem": list(seen)} if seen else {})},
        {"set": {**TABLE, "name": "monitors_v4", "handle": 5, "elem": ["10.0.0.1"]}},
        {"chain": {**TABLE, "name": "input", "hook": "input", "prio": 0, "policy": policy}},
        {"chain": {**TABLE, "name": "allowed"}},
        rule("input", {"match": {"left": 1, "right": 2}}, {"drop": None}, comment="invalid"),
        rule("input", limited(), {"log": {"prefix": "x"}}, comment="log"),
        rule("ssh_new", {"set": {"op": "update", "stmt": [limited(inv=True)]}}, {"drop": None}, comment="ssh-rate"),
        rule("input", {"accept": None}),
    ]
    return json.dumps({"nftables": [*entries, *more]})


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Answer for nft: what the kernel has, and what the file makes of an empty one."""
    for name in ("CONFIGURATION", "PROGRAM"):
        (tmp_path / name).write_text("x")
        monkeypatch.setattr(nft, name, str(tmp_path / name))
    monkeypatch.setattr(nft, "MADE", str(tmp_path / "run/made"))  # a boot takes its directory away
    answers = {"has": host.Output(0, listing()), "makes": host.Output(0, listing(figures=0))}
    monkeypatch.setattr(host, "run", lambda argv, **_: answers["makes" if argv[0] == "unshare" else "has"])
    return answers


def test_chains_and_rules_are_settings(kernel):
    found = nft.look({"input", "rules"})
    assert found == {
        "input": ["drop"],
        "invalid": ["drop"],
        "log": ["30/minute"],
        "ssh-rate": ["30/minute", "drop"],
        "rules": ["as-placed"],
    }
    wanted = {"id": "firewall.x", "state": "applied", "nft": {"ssh-rate": "30/minute drop", "rules": "as-placed"}}
    assert controls.judge("firewall", wanted, {"nft": found}).state == "applied"


def test_figures_and_who_was_seen_are_no_difference(kernel):
    kernel["has"] = host.Output(0, listing(figures=10**6, seen=["192.0.2.1"]))
    assert nft.look({"rules"})["rules"] == ["as-placed"]


def test_what_the_file_makes_is_tried_once_until_it_changes(kernel, tmp_path):
    assert nft.look({"rules"})["rules"] == ["as-placed"]
    kernel["makes"] = host.Output(1, "it was tried")
    assert nft.look({"rules"})["rules"] == ["as-placed"]
    has = kernel["has"]
    kernel["has"] = host.Output(0, listing(policy="accept"))
    with pytest.raises(BongsuError, match="it was tried"):
        nft.look({"rules"})
    kernel["has"] = has
    (tmp_path / "CONFIGURATION").write_text("y")
    with pytest.raises(BongsuError, match="it was tried"):
        nft.look({"rules"})
    (tmp_path / "CONFIGURATION").unlink()
    with pytest.raises(BongsuError, match="CONFIGURATION: No such file"):
        nft.look({"rules"})


@pytest.mark.parametrize(
    "has",
    [
        listing(rule("input", {"accept": None})),
        listing(policy="accept"),
        listing().replace("10.0.0.1", "10.0.0.2"),
        listing().replace('{"drop": null}', '{"accept": null}', 1),
    ],
)
def test_anything_else_is(kernel, has):
    kernel["has"] = host.Output(0, has)
    assert nft.look({"rules"})["rules"] == ["changed"]


def test_without_the_table_nothing_is_set(kernel):
    kernel["has"] = host.Output(1, "Error: No such file or directory\nlist table inet bongsu\n")
    assert nft.look({"rules", "input"}) == {}


def test_a_host_that_cannot_say_says_so(kernel):
    kernel["makes"] = host.Output(1, "unshare: unshare failed: Operation not permitted")
    assert isinstance(nft.look({"rules"})["rules"], controls.Unavailable)
    kernel["makes"] = host.Output(1, "/etc/nftables.conf:3:1-2: Error: syntax error")
    with pytest.raises(BongsuError, match="syntax error"):
        nft.look({"rules"})
    for said in ("/usr/sbin/nft: No such file or directory", "Operation not permitted (you must be root)"):
        kernel["has"] = host.Output(127, said)
        with pytest.raises(BongsuError, match="nft"):
            nft.look({"input"})
    kernel["has"] = host.Output(0, "warning")
    with pytest.raises(BongsuError, match="printed no JSON"):
        nft.look({"input"})


def test_packets_are_counted_and_without_the_table_there_is_no_figure(kernel, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "TEXTFILE_DIRECTORY", tmp_path)
    assert firewall_host.count() == 0
    metrics = tmp_path / "bongsu_firewall.prom"
    assert 'bongsu_firewall_dropped_packets_total{reason="unasked"} 7\n' in metrics.read_text()
    kernel["has"] = host.Output(1, "Error: No such file or directory")
    assert firewall_host.count() == 0
    assert not metrics.exists()
