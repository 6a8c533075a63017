import json
from pathlib import Path

import testinfra
from lab_side import ADDRESSES, INVENTORY, play

from bongsu.lab.lab import Lab

CONVERGE = Path(__file__).parents[1] / "converge.yml"
CONTROLS = "python3 -I /usr/lib/bongsu/bongsu controls"
PLACED = "/etc/sysctl.d/zz-bongsu.conf"
IFUP = """[Unit]
After=bongsu-sysctl.service
Before=network.target
Wants=network.target
[Service]
Type=oneshot
ExecStart=/usr/sbin/sysctl -w net.ipv4.conf.eth0.accept_redirects=1
[Install]
WantedBy=multi-user.target
"""


def converge(name, **variables):
    return play(CONVERGE, "--limit", name, "--extra-vars", json.dumps(variables))


def setting(host, path):
    return host.file(f"/proc/sys/{path}").content_string.strip()


def states(host):
    return {one["control"]: one for one in json.loads(host.run(f"{CONTROLS} --json").stdout)}


def test_the_kernel_says_what_the_table_says(host):
    for name, value in (
        ("ipv4/conf/*/accept_redirects", "0"),
        ("ipv6/conf/*/accept_redirects", "0"),
        ("ipv4/conf/*/rp_filter", "2"),
    ):
        assert host.check_output(f"cat /proc/sys/net/{name}").split() == [value] * 4  # all, default, eth0, lo
    assert states(host)["kernel.redirects"]["state"] == "applied"


def test_an_interface_that_comes_later_is_set_as_well(host):
    host.check_output("ip link add later type veth peer name later2")
    try:
        assert setting(host, "net/ipv4/conf/later/accept_redirects") == "0"
        assert host.run(CONTROLS).rc == 0
        host.check_output("sysctl -qw net.ipv4.conf.later.accept_redirects=1")
        assert "accept_redirects is '0 later=1', and should be '0'" in host.run(CONTROLS).stdout
    finally:
        host.check_output("ip link del later")


def test_what_sets_an_interface_while_it_comes_up_does_not_have_the_last_word_at_boot(host, name):
    """As ifupdown does, between the first setting of the kernel and the network's being there.

    Whoever brings a network up wants network.target, as each of Debian's does: else it would order nothing.
    """
    host.check_output(f"printf '{IFUP}' > /etc/systemd/system/test-ifup.service && systemctl enable --quiet test-ifup")
    lab = Lab.load(INVENTORY)
    try:
        lab.stop(name)
        lab.start(name)
        ended = "systemctl show --property=ExecMainExitTimestampMonotonic --value test-ifup"
        assert int(host.check_output(ended)) > 0, "it has not run"
        assert setting(host, "net/ipv4/conf/eth0/accept_redirects") == "0"
    finally:
        host.check_output("systemctl disable --quiet test-ifup; rm /etc/systemd/system/test-ifup.service")


def test_what_a_container_cannot_have_is_told_and_failed_nothing(host):
    found = states(host)["kernel.perf"]
    assert found["state"] == "unavailable"
    assert "it cannot be set here (Read-only file system)" in found["words"][0]
    assert (
        host.run("echo 3 > /proc/sys/kernel/perf_event_paranoid").rc != 0
    )  # nor must a lab host set it: it is the machine's
    words = host.run(CONTROLS)
    assert words.rc == 0, words.stdout
    assert "not here: kernel.perf" in words.stdout


def test_what_somebody_sets_by_hand_is_told_and_the_next_run_repairs_it(host, name):
    before = host.file(PLACED).mtime
    host.check_output("sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.conf.eth0.send_redirects=1")
    told = host.run(CONTROLS)
    assert told.rc == 1
    assert "kernel.tcp: net.ipv4.tcp_syncookies is '0', and should be '1'" in told.stdout
    assert "net.ipv4.conf.*.send_redirects is '0 eth0=1'" in told.stdout
    predicted = play(CONVERGE, "--limit", name, "--check")
    assert "changed=1" in predicted.stdout
    assert setting(host, "net/ipv4/tcp_syncookies") == "0"
    done = converge(name)
    assert done.returncode == 0, done.stdout
    assert "changed=1" in done.stdout
    assert setting(host, "net/ipv4/tcp_syncookies") == "1"
    assert setting(host, "net/ipv4/conf/eth0/send_redirects") == "0"
    assert host.file(PLACED).mtime == before
    assert host.run(CONTROLS).rc == 0


def test_no_other_file_has_the_last_word_at_boot(host):
    others = ["/etc/sysctl.d/99-zebra.conf", "/usr/lib/sysctl.d/99-cloud.conf", "/etc/sysctl.d/99-sysctl.conf"]
    others = [path for path in others if not host.file(path).exists]
    for path in others:
        host.check_output(f"echo net.ipv4.tcp_syncookies = 0 > {path}")
    try:
        host.check_output("systemctl restart systemd-sysctl.service")
        assert setting(host, "net/ipv4/tcp_syncookies") == "1"
    finally:
        host.check_output(f"rm {' '.join(others)}")


def test_it_holds_after_a_restart_of_the_host(host, name):
    remembered = host.file("/var/lib/bongsu/kernel.json").content_string
    lab = Lab.load(INVENTORY)
    lab.stop(name)
    lab.start(name)
    assert setting(host, "net/ipv4/conf/eth0/accept_redirects") == "0"
    assert setting(host, "net/ipv4/conf/all/log_martians") == "1"
    assert host.service("bongsu-sysctl.service").is_running
    assert host.run(CONTROLS).rc == 0
    assert host.file("/var/lib/bongsu/kernel.json").content_string == remembered
    assert host.run("python3 -I /usr/lib/bongsu/bongsu drift").rc == 0


def test_modules_are_refused_by_name_and_by_what_they_are_for(host):
    assert host.run("modprobe sctp").rc != 0
    assert "install /bin/false" in host.check_output("modprobe --dry-run --verbose sctp")
    assert host.check_output("modprobe --dry-run --verbose firewire_core").strip() == "install /bin/false"
    other = "/etc/modprobe.d/00-wants-it.conf"
    host.check_output(f"echo install sctp /sbin/modprobe --ignore-install sctp > {other}")
    try:
        told = host.run(CONTROLS)
        assert told.rc == 1
        assert "kernel.protocols: sctp is 'on', and should be 'off'" in told.stdout
    finally:
        host.check_output(f"rm {other}")


def test_nothing_in_shared_memory_is_run(host):
    """In a container, whose host mounts for it, it was so before; tests/machines shows the change."""
    assert "tmpfs /dev/shm tmpfs nosuid,nodev,noexec 0 0" in host.file("/etc/fstab").content_string
    assert host.run("cp /usr/bin/true /dev/shm/run && /dev/shm/run").rc == 126
    host.run("rm /dev/shm/run")
    assert states(host)["kernel.shared-memory"]["state"] == "applied"
    assert states(host)["kernel.apparmor"]["state"] == "unavailable"


def test_nobody_gets_a_core_dump(host):
    assert host.check_output("systemd-run --quiet --collect --wait --pipe sh -c 'ulimit -Hc'") == "0"
    refused = host.run("runuser nobody --shell=/bin/sh --command='ulimit -c unlimited'")
    assert refused.rc != 0
    # Without CAP_SYS_RESOURCE, which a lab host does not have, no session gets more than the one that opens it.
    look = f"systemd-run --quiet --collect --wait --pipe --property=LimitCORE=infinity {CONTROLS}"
    assert host.run(look).rc == 0
    host.check_output("echo '* hard core unlimited' > /etc/security/limits.d/zzz-other.conf")
    try:
        assert "kernel.core-dumps: core is 'unlimited', and should be '0'" in host.run(look).stdout
    finally:
        host.check_output("rm /etc/security/limits.d/zzz-other.conf")


def test_what_was_before_is_given_back_by_absent_and_by_a_choice_at_once():
    """Both hosts at once: each step is a run."""
    hosts = [testinfra.get_host(f"ansible://{name}", ansible_inventory=str(INVENTORY)) for name in ADDRESSES]
    waived = {"waived": "an old balancer counts on it", "until": "2031-03-31"}
    paths = ("conf/all/accept_redirects", "conf/eth0/accept_redirects", "conf/eth0/rp_filter", "tcp_syncookies")
    names = " -o ".join(f"-name '{one}'" for one in ("zz-bongsu*", "bongsu-*", "sysctl-*", "kernel*.json", "shm"))
    left = f"find /etc /usr/lib/bongsu /var/lib/bongsu {names}"

    def live(host):
        return [setting(host, f"net/ipv4/{path}") for path in (*paths, "ip_forward")]

    try:
        assert converge("all", kernel_hardening_state="absent").returncode == 0
        for host in hosts:
            assert live(host)[1:3] == ["1", "0"]  # as a new network namespace has them on this machine
            assert host.run(left).stdout == ""
            assert host.file("/etc/fstab").content_string == "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n"
            assert not host.package("apparmor").is_installed
            assert host.check_output("systemctl show --property=DefaultLimitCORE") == "DefaultLimitCORE=infinity"
            host.check_output("sysctl -qw net.ipv4.tcp_syncookies=2 net.ipv4.ip_forward=1")
        done = converge("all", kernel_hardening_profile="strict")
        assert done.returncode == 0, done.stdout
        # turning forwarding off has the kernel turn redirects on, and that must come first
        assert [live(host) for host in hosts] == [["0", "0", "1", "1", "0"]] * 2
        assert converge("all", kernel_hardening_controls={"kernel.tcp": waived}).returncode == 0
        assert [live(host) for host in hosts] == [["0", "0", "2", "2", "1"]] * 2
        assert {states(host)["kernel.tcp"]["state"] for host in hosts} == {"waived"}
    finally:
        assert converge("all").returncode == 0
    assert [live(host)[:4] for host in hosts] == [["0", "0", "2", "1"]] * 2
