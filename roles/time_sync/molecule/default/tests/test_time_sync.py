import json
import socket
from pathlib import Path

import testinfra
from lab_side import ADDRESSES, INVENTORY, play, until

CONVERGE = Path(__file__).parents[1] / "converge.yml"
TOOL = "/usr/lib/bongsu/bongsu"
SERVER = "debian12"  # where converge.yml puts a time server that is not the role's
ASK = b"\x23" + bytes(47)  # a client of NTP, version 4

# In a container systemd-timesyncd is passed over: something else runs in its place.
STANDS_IN = """\
[Unit]
ConditionVirtualization=
ConditionCapability=
[Service]
Type=simple
ExecStart=
ExecStart=/usr/bin/sleep infinity
"""
LET_IT_RUN = (
    "mkdir -p /etc/systemd/system/systemd-timesyncd.service.d"
    f" && printf '{STANDS_IN}' > /etc/systemd/system/systemd-timesyncd.service.d/zz-test.conf"
    " && systemctl daemon-reload && systemctl start systemd-timesyncd"
)


def converge(**variables):
    return play(CONVERGE, "--extra-vars", json.dumps(variables))


def both():
    return {name: testinfra.get_host(f"ansible://{name}", ansible_inventory=str(INVENTORY)) for name in ADDRESSES}


def controls(host):
    return {one["control"]: one for one in json.loads(host.run(f"{TOOL} controls --json").stdout)}


def tracking(host):
    """Return whom the clock follows, at which stratum, and how that goes."""
    told = host.check_output("chronyc -c tracking").split(",")
    return told[1], told[2], told[13]


def asked(host):
    """Return whether systemd-timesyncd is started at boot, and runs."""
    return host.run("systemctl is-enabled systemd-timesyncd; systemctl is-active systemd-timesyncd").stdout.split()


def answers(name, port):
    """Tell whether a host answers a question for the time, or refuses it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(3)
        asking.connect((ADDRESSES[name], port))
        asking.send(ASK)
        try:
            return len(asking.recv(100)) == 48
        except ConnectionRefusedError:
            return False


def test_the_clock_follows_the_server_of_the_inventory(host):
    assert until(lambda: tracking(host) == (ADDRESSES[SERVER], "9", "Normal"))
    told = controls(host)
    assert told.pop("time.steps")["state"] == "unavailable"
    assert {one["state"] for one in told.values()} == {"applied"}
    assert "the clock is the machine's" in host.check_output(f"{TOOL} controls")
    assert host.check_output("systemctl is-enabled chrony") == "enabled"
    assert host.check_output("stat -c %U /proc/$(cat /run/chrony/chronyd.pid)") == "_chrony"


def test_another_file_opens_no_door_and_a_server_that_it_adds_is_told():
    path = "/etc/chrony/conf.d/zz-test.conf"
    text = "server 203.0.113.9\\nport 123\\nallow\\ncmdport 323\\ncmdallow\\nbindcmdaddress 0.0.0.0\\n"
    hosts = both().values()
    assert answers(SERVER, 123)  # the lab's server: the question is one that is answered
    try:
        for host in hosts:
            host.run_test(f"printf '{text}' > {path} && systemctl restart chrony")
            told = controls(host)
            assert told["time.no-listening"]["state"] == "applied"
            assert told["time.servers"]["state"] == "ineffective"
            assert "203.0.113.9" in told["time.servers"]["words"][0]
        assert not answers("debian13", 123)
        assert [answers(name, 323) for name in ADDRESSES] == [False, False]
    finally:
        for host in hosts:
            host.run_test(f"rm {path} && systemctl restart chrony")
    assert until(lambda: [host.run(f"{TOOL} controls").rc for host in hosts] == [0, 0])


def test_a_clock_that_follows_nobody_is_told_and_so_is_a_daemon_that_is_gone():
    hosts = both()
    server = hosts[SERVER]
    pause = "kill -STOP $(cat /run/server/pid)"
    server.run_expect([0], pause)
    try:
        for host in hosts.values():
            host.run_expect([0], "systemctl restart chrony")
            assert until(lambda host=host: tracking(host)[2] == "Not synchronised")
            assert "time.synchronised: followed is 'no'" in host.run(f"{TOOL} controls").stdout
        silent = converge()
        assert silent.returncode == 0, "no run can make a server answer"
        assert silent.stdout.count("changed=0") == 2
        for host in hosts.values():
            host.run_expect([0], "systemctl stop chrony")
            assert "time.servers: chronyd does not run" in host.run(f"{TOOL} controls").stdout
    finally:
        server.run_expect([0], pause.replace("STOP", "CONT"))
    done = converge()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("changed=1") == 2
    assert until(lambda: [host.run(f"{TOOL} controls").rc for host in hosts.values()] == [0, 0])


def test_what_chronyd_cannot_read_is_refused_before_it_is_touched():
    hosts = both().values()
    process = "cat /run/chrony/chronyd.pid /etc/chrony/chrony.conf"
    before = [host.check_output(process) for host in hosts]
    done = converge(time_sync_servers=[{"name": "time.example.org wrongly"}])
    assert done.returncode == 2
    assert "chronyd -p" in " ".join(done.stdout.split())
    assert before == [host.check_output(process) for host in hosts]


def test_absent_gives_the_daemon_back_that_was_there_before():
    hosts = both().values()
    timesyncd = f"apt-get -qq --no-install-recommends install systemd-timesyncd && {LET_IT_RUN}"
    try:
        assert converge(time_sync_state="absent").returncode == 0
        for host in hosts:
            assert (
                host.run("find /etc/chrony /etc/bongsu /etc/systemd -name '*chrony*' -o -name 'time_sync*'").stdout
                == ""
            )
            assert host.run("command -v chronyd").stdout == ""
            host.run_expect([0], timesyncd)
            assert asked(host) == ["enabled", "active"]
        done = converge()
        assert done.returncode == 0, done.stdout
        for host in hosts:
            assert until(lambda host=host: tracking(host)[2] == "Normal")
            assert asked(host)[-1] == "inactive"
        assert converge(time_sync_state="absent").returncode == 0
        for host in hosts:
            assert host.run("command -v chronyd").stdout == ""
            assert host.check_output("dpkg-query -Wf '${Status}' systemd-timesyncd") == "install ok installed"
            assert asked(host) == ["enabled", "active"]
    finally:
        for host in hosts:
            host.run_test("apt-get -qq purge systemd-timesyncd; rm -r /etc/systemd/system/systemd-timesyncd.service.d")
        done = converge()
    assert done.returncode == 0, done.stdout
