import re

from conftest import only_on, words
from lab_side import until

CONTAINERS = "add table ip containers; add chain ip containers nat; add rule ip containers nat counter"
LOOK = "/usr/lib/bongsu/bongsu"


def test_another_table_survives_whatever_happens_to_ours(host, side):
    host.run_expect([0], f"nft '{CONTAINERS}'")
    try:
        assert side.converge(firewall_open=[8080, "8081/udp", 8082]).returncode == 0
        for verb in ("reload", "restart", "stop", "start"):
            host.run_expect([0], f"systemctl {verb} nftables.service")
            assert "counter" in host.check_output("nft list table ip containers")
            closed = verb != "stop"
            assert ("table inet bongsu" in side.tables()) is closed
            assert side.knock("7777") == (set() if closed else {"7777"})
        assert side.converge().returncode == 0
        assert "table ip containers" in side.tables()
    finally:
        host.run_test("nft delete table ip containers")


def test_rules_changed_by_hand_are_told_and_the_next_run_brings_them_back(host, side):
    host.run_expect([0], "nft insert rule inet bongsu input tcp dport 7777 accept")
    assert side.knock("7777") == {"7777"}
    assert "firewall.table: rules is 'changed'" in host.run(f"{LOOK} controls").stdout
    predicted = side.converge("--check").stdout
    assert "changed=1" in predicted, predicted
    assert side.knock("7777") == {"7777"}
    assert "changed=1" in side.converge().stdout
    assert side.knock("7777") == set()
    assert host.run(f"{LOOK} controls").rc == 0


def test_a_flushed_table_is_told_and_the_next_run_brings_it_back(host, side):
    host.run_expect([0], "nft flush ruleset")
    assert side.knock("7777") == {"7777"}
    told = host.run(f"{LOOK} controls")
    assert told.rc == 1
    assert "firewall.input: input is not set, and should be 'drop'" in told.stdout
    assert "firewall.table: rules is not set, and should be 'as-placed'" in told.stdout
    assert "changed=1" in side.converge().stdout
    assert side.knock("7777") == set()
    assert host.run(f"{LOOK} controls").rc == 0


def test_a_port_in_use_is_asked_about_and_nothing_is_touched(host, side):
    before = host.check_output("nft list ruleset; cat /etc/nftables.conf")
    for said in (words(side.converge("--check", firewall_open=[8082])), words(side.converge(firewall_open=[8082]))):
        assert "failed=1" in said
        assert "would close 8080/tcp, 8081/udp" in said
        assert "services.service) listens on ::" in said
        assert "firewall_open: [8082, 8080, 8081/udp]" in said
        assert "firewall_close: [7777, 7778/udp, 8080, 8081/udp]" in said
        assert "changed=0" in said
    after = host.check_output("nft list ruleset; cat /etc/nftables.conf")
    assert without_figures(after) == without_figures(before)
    assert side.knock("8080", "8081/udp") == {"8080", "8081/udp"}
    closed = [7777, "7778/udp", 8080, "8081/udp"]
    try:
        assert side.converge(firewall_open=[8082], firewall_close=closed).returncode == 0
        assert side.knock("8080", "8081/udp") == set()
    finally:
        assert side.converge().returncode == 0


def without_figures(text):
    return [line for line in text.splitlines() if "packets" not in line and "expires" not in line]


def test_whoever_would_shut_ansible_out_is_told_before(side):
    done = side.converge(firewall_ssh_ports=[2222])
    assert done.returncode == 2
    assert "logged in over port 22, which the firewall would close" in words(done)
    assert "firewall_ssh_ports: [22, 2222]" in words(done)


def test_what_shuts_ansible_out_all_the_same_is_undone(side, name):
    only_on("debian12", name)
    answers = {"answered": ["1-65535/tcp", "1-65535/udp"], "open": [], "close": [], "container_interfaces": []}
    unasked = {**answers, "ssh_ports": [22], "ssh_port": 22, "replace_own": False}
    done = side.converge(firewall_ssh_ports=[2222], firewall_confirm_within=8, __firewall_question=unasked)
    assert done.returncode == 2
    assert re.search("put everything back|everything has been put back", words(done))
    assert until(lambda: side.knock("22") == {"22"})
    assert side.knock("7777") == set()


def test_the_rules_are_back_after_a_boot(side):
    side.lab.stop(side.name)
    side.lab.start(side.name)
    assert until(lambda: side.knock("8080") == {"8080"})
    assert side.knock("7777", "9100") == set()
    assert side.knock("9100", by=side.other) == {"9100"}


def test_absent_gives_everything_back(host, side):
    try:
        assert side.converge(firewall_state="absent").returncode == 0
        assert side.knock("7777") == {"7777"}
        assert not host.run("nft list tables").stdout
        left = host.check_output("find /etc /run -name '*bongsu*' -o -name nftables.conf")
        assert left.split() in ([], ["/run/bongsu"])
    finally:
        assert side.converge().returncode == 0
    assert side.knock("7777") == set()


def test_rules_of_the_host_s_own_are_asked_about_and_given_back(host, side, name):
    only_on("debian13", name)
    own = "#!/usr/sbin/nft -f\nflush ruleset\ntable inet house {\n\tchain x { }\n}\n"
    try:
        assert side.converge(firewall_state="absent").returncode == 0
        host.run_expect([0], "apt-get install --yes --no-install-recommends nftables")
        host.run_expect([0], f"cat > /etc/nftables.conf <<'END'\n{own}END\nsystemctl enable --now nftables")
        done = side.converge()
        assert done.returncode == 2
        assert "/etc/nftables.conf is this host's own" in words(done)
        assert "table inet bongsu" not in side.tables()
        assert side.converge(firewall_replace_own=True).returncode == 0
        assert side.knock("7777") == set()
        assert side.converge(firewall_state="absent").returncode == 0
        assert side.knock("7777") == {"7777"}
        assert host.file("/etc/nftables.conf").content_string == own
        assert side.tables() == {"table inet house"}
        assert host.service("nftables").is_enabled
    finally:
        host.run_test("systemctl disable --now nftables; apt-get purge --yes nftables; rm -f /etc/nftables.conf")
        assert side.converge().returncode == 0
