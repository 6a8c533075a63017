import re

from conftest import only_on, words
from lab_side import until

CONTAINERS = "add table ip containers; add chain ip containers nat; add rule ip containers nat counter"
CONTROLS = "/usr/lib/bongsu/bongsu controls"
PLACED = "nft --stateless list ruleset; cat /etc/nftables.conf /etc/bongsu/firewall.json"
HOUSE = "#!/usr/sbin/nft -f\nflush ruleset\ntable inet house {\n\tchain x { }\n}\n"


def test_another_table_survives_whatever_happens_to_ours(host, side):
    host.run_expect([0], f"nft '{CONTAINERS}'")
    try:
        for verb in ("reload", "restart", "stop", "start"):
            host.run_expect([0], f"systemctl {verb} nftables.service")
            assert "counter" in host.check_output("nft list table ip containers")
            closed = verb != "stop"
            assert ("table inet bongsu" in side.tables()) is closed
            assert side.knock("7777") == (set() if closed else {"7777"})
    finally:
        host.run_test("nft delete table ip containers")


def test_rules_that_are_changed_or_gone_are_told_and_the_next_run_brings_them_back(host, side):
    host.run_expect([0], "nft insert rule inet bongsu input tcp dport 7777 accept")
    assert side.knock("7777") == {"7777"}
    told = host.run(CONTROLS)
    assert (told.rc, told.stdout.strip()) == (1, "firewall.table: rules is 'changed', and should be 'as-placed'")
    predicted = side.converge("--check").stdout
    assert "changed=1" in predicted, predicted
    assert side.knock("7777") == {"7777"}
    host.run_expect([0], "nft flush ruleset")
    told = host.run(CONTROLS)
    assert "firewall.input: input is not set, and should be 'drop'" in told.stdout
    assert "firewall.table: rules is not set, and should be 'as-placed'" in told.stdout
    assert "changed=1" in side.converge().stdout
    assert side.knock("7777") == set()
    assert host.run(CONTROLS).rc == 0


def test_they_are_brought_back_in_one_transaction_so_that_the_host_is_never_open(host, side):
    began = host.check_output("systemctl show --property=InvocationID --value nftables.service")
    host.run_expect([0], "nft insert rule inet bongsu input tcp dport 7777 accept")
    watch = "systemd-run --unit=watch --property=StandardOutput=truncate:/run/events stdbuf --output=L nft monitor"
    host.run_expect([0], watch)
    assert until(lambda: host.process.filter(comm="nft"))
    try:
        assert "changed=1" in side.converge().stdout
        assert until(lambda: "add table inet bongsu" in host.file("/run/events").content_string)
    finally:
        host.run_expect([0], "systemctl stop watch.service")
    transactions = host.file("/run/events").content_string.split("# new generation")
    (made,) = [events for events in transactions if "add table inet bongsu" in events]
    assert "delete table inet bongsu" in made
    assert host.check_output("systemctl show --property=InvocationID --value nftables.service") == began
    assert side.knock("7777") == set()


def test_what_would_be_closed_is_asked_about_and_nothing_is_touched(host, side):
    before = host.check_output(PLACED)
    for arguments in (["--check"], []):
        done = side.converge(*arguments, firewall_open=[8082], firewall_ssh_ports=[2222])
        said = words(done)
        assert done.returncode == 2, said
        assert "would close 8080/tcp, 8081/udp" in said
        assert "services.service) listens on ::" in said
        assert "firewall_open: [8082, 8080, 8081/udp]" in said
        assert "firewall_close: [7777, 7778/udp, 6000, 8080, 8081/udp]" in said
        assert "logged in over port 22, which the firewall would close" in said
        assert "firewall_ssh_ports: [22, 2222]" in said
        assert "changed=0" in said
    assert host.check_output(PLACED) == before
    assert side.knock("8080", "8081/udp") == {"8080", "8081/udp"}


def test_a_protocol_without_ports_is_asked_about_as_well(host, side):
    held = "import socket, time; held = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112); time.sleep(600)"
    host.check_output(f"systemd-run --quiet --unit=test-raw /usr/bin/python3 -c '{held}'")
    try:
        assert side.converge("--check").returncode == 0  # its own inventory lets it in
        done = side.converge("--check", firewall_allow={})
        assert done.returncode == 2, words(done)
        assert "112/ip (vrrp): python3 (process" in words(done)
        assert "test-raw.service) listens on 0.0.0.0" in words(done)
        assert "firewall_allow: {NAME: {protocol: vrrp, from: [monitors]}}" in words(done)
    finally:
        host.check_output("systemctl stop test-raw.service")


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


def test_absent_gives_everything_back(host, side, name):
    try:
        assert side.converge(firewall_state="absent").returncode == 0
        assert side.knock("7777") == {"7777"}
        assert not host.run("nft list tables").stdout
        left = host.check_output("find /etc /run -name '*bongsu*' -o -name nftables.conf")
        assert left.split() in ([], ["/run/bongsu"])
        if name == "debian13":
            rules_of_its_own(host, side)
    finally:
        assert side.converge().returncode == 0
    assert side.knock("7777") == set()


def rules_of_its_own(host, side):
    """What the host loads itself is asked about, and given back."""
    try:
        host.run_expect([0], "apt-get install --yes --no-install-recommends nftables")
        host.run_expect([0], f"cat > /etc/nftables.conf <<'END'\n{HOUSE}END\nsystemctl enable --now nftables")
        done = side.converge()
        assert done.returncode == 2
        assert "/etc/nftables.conf is this host's own" in words(done)
        assert "table inet bongsu" not in side.tables()
        assert side.converge(firewall_replace_own=True).returncode == 0
        assert side.knock("7777") == set()
        assert side.converge(firewall_state="absent").returncode == 0
        assert side.knock("7777") == {"7777"}
        assert host.file("/etc/nftables.conf").content_string == HOUSE
        assert side.tables() == {"table inet house"}
        assert host.service("nftables").is_enabled
    finally:
        host.run_test("systemctl disable --now nftables; apt-get purge --yes nftables; rm -f /etc/nftables.conf")
