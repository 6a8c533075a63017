"""From controls and an inventory's jails to fail2ban's options; a mistake is told with its place and its cure."""

import runpy

import pytest
from ansible.errors import AnsibleFilterError

from bongsu.paths import project_root

FILTERS = runpy.run_path(str(project_root() / "plugins/filter/bans.py"))
ban_addresses, ban_jails, ban_settings = FILTERS["ban_addresses"], FILTERS["ban_jails"], FILTERS["ban_settings"]
ban_server, ban_refusal = FILTERS["ban_server"], FILTERS["ban_refusal"]
GUARDED = {"id": "ban.operator", "state": "applied", "sets": {"fail2ban": {"sshd.operator": "never"}}}
CHOSEN = [
    {
        "id": "ban.a",
        "state": "applied",
        "sets": {"fail2ban": {"*.maxretry": 5, "*.bantime": 600, "sshd.mode": "normal"}},
    },
    {"id": "ban.b", "state": "applied", "sets": {"fail2ban": {"dbpurgeage": 700, "*.ignoreip": ["::1", "192.0.2.1"]}}},
    {
        "id": "ban.c",
        "state": "applied",
        "sets": {"fail2ban": {"*.action.type": "allports", "*.action.chain": "x", "*.enforced": "yes"}},
    },
    {"id": "ban.d", "state": "waived", "sets": {}},
]
SHOP = {"ports": [80, 443], "journal": "SYSLOG_IDENTIFIER=shop", "max_retry": 9}


def options(jails=None, ports=(22,)):
    return {section["name"]: section["options"] for section in ban_jails(CHOSEN, jails or {}, list(ports))}


def test_what_is_of_every_jail_is_checked_in_each_and_its_own_limits_go_before():
    settings = {
        name: value
        for one in ban_settings(CHOSEN, {"shop": SHOP})
        for name, value in one["sets"].get("fail2ban", {}).items()
    }
    assert settings["sshd.maxretry"] == 5
    assert settings["shop.maxretry"] == 9
    assert settings["shop.bantime"] == 600
    assert settings["dbpurgeage"] == 700
    assert "shop.mode" not in settings
    assert not any(name.startswith("*") for name in settings)


def test_a_waived_control_sets_nothing():
    assert ban_settings(CHOSEN, {})[3]["sets"] == {}


def test_options_of_jails():
    found = options({"shop": SHOP}, ports=[22, 2222])
    assert list(found) == ["DEFAULT", "sshd", "shop"]
    assert found["sshd"]["port"] == "22,2222"
    assert found["sshd"]["mode"] == "normal"
    assert found["sshd"]["ignoreip"] == "::1 192.0.2.1"
    assert found["sshd"]["banaction"] == "nftables[type=allports, actionstart_on_demand=false]"
    assert (
        found["shop"] | {"maxretry": "9", "backend": "systemd", "journalmatch": "SYSLOG_IDENTIFIER=shop"}
        == found["shop"]
    )
    assert found["shop"]["chain"] == found["DEFAULT"]["chain"] == "x"
    assert not {"enforced", "dbpurgeage", "action.type"} & (found["shop"].keys() | found["DEFAULT"].keys())
    assert "maxretry" not in found["DEFAULT"]
    assert ban_server(CHOSEN) == {"dbpurgeage": "700"}


def test_a_percent_sign_is_no_reference_and_logs_are_files():
    found = options({"shop": {"ports": [80], "log": ["/var/log/a%b", "/var/log/c"], "filter": "x"}})["shop"]
    assert found["logpath"] == "/var/log/a%%b /var/log/c"
    assert (found["filter"], found["backend"]) == ("x", "auto")


def test_addresses_are_as_fail2ban_shows_them():
    given = ["192.0.2.1", "192.0.2.9/24", "2001:DB8:0:0::1", "Home.Example.org", "192.0.2.1/32", "localhost"]
    assert ban_addresses(given) == ["192.0.2.0/24", "192.0.2.1", "2001:db8::1", "home.example.org", "localhost"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("0.0.0.0/0", "nobody would ever be banned"),
        ("::/0", "is everybody"),
        ("192.0.2", "write an address"),
        ("", "an address"),
    ],
)
def test_an_address_that_is_none_is_refused(entry, words):
    with pytest.raises(AnsibleFilterError, match=words):
        ban_addresses([entry])


@pytest.mark.parametrize(
    ("jails", "words"),
    [
        ({"sshd": SHOP}, "intrusion_ban_jails.sshd: the role makes this jail itself"),
        ({"My shop": SHOP}, "this is no name of a jail"),
        ({"shop": None}, "is not a mapping"),
        ({"shop": SHOP | {"maxretry": 3}}, "'maxretry' is not known here; known are ports, journal"),
        ({"shop": SHOP | {"ports": []}}, "`ports` is to be a list of numbers"),
        ({"shop": SHOP | {"ports": [True]}}, "`ports` is to be a list of numbers"),
        ({"shop": SHOP | {"ports": [65536]}}, "`ports` is to be a list of numbers"),
        ({"shop": {"ports": [80]}}, "exactly one of `journal`"),
        ({"shop": SHOP | {"log": "/var/log/x"}}, "exactly one of `journal`"),
        ({"shop": SHOP | {"protocols": ["icmp"]}}, "more than tcp and udp"),
        ({"shop": SHOP | {"ban_time": -1}}, "`ban_time` is '-1'; give a whole number above 0"),
        ({"shop": SHOP | {"filter": "x\n[sshd]"}}, "a line break"),
        (["shop"], "write a mapping"),
    ],
)
def test_a_jail_that_is_wrong_is_told_with_its_cure(jails, words):
    with pytest.raises(AnsibleFilterError, match=words.replace("[", r"\[")):
        ban_jails(CHOSEN, jails, [22])


def test_a_limit_that_is_none_is_refused():
    chosen = [{"id": "ban.a", "state": "applied", "sets": {"fail2ban": {"*.bantime": -1}}}]
    with pytest.raises(AnsibleFilterError, match=r"sshd.bantime is -1; give a whole number above 0"):
        ban_settings(chosen, {})


def never(*entries):
    return [GUARDED, {"id": "ban.never", "state": "applied", "sets": {"fail2ban": {"*.ignoreip": list(entries)}}}]


@pytest.mark.parametrize("listed", [(), ("192.0.2.1",), ("127.0.0.0/8", "::1")])
def test_a_run_from_an_address_that_is_on_no_list_is_refused_with_the_line_to_write(listed):
    assert "'bongsu_operators: [192.0.2.7]'" in ban_refusal(never(*listed), "192.0.2.7")


@pytest.mark.parametrize(
    ("chosen", "came_from"),
    [
        (never("192.0.2.0/24"), "192.0.2.7"),
        (never("nowhere.invalid"), "192.0.2.7"),  # only the host may know what is behind that name
        (never("localhost"), "192.0.2.7"),  # another one than the host's own
        (never(), None),  # nobody came over SSH
        (CHOSEN, "192.0.2.7"),  # without the control
    ],
)
def test_no_other_run_is(chosen, came_from):
    assert ban_refusal(chosen, came_from) == ""
