"""What the tests of bans share: how somebody guesses, what he reaches, and who is banned."""

import subprocess

import testinfra
from lab_side import ADDRESSES, INVENTORY, STATE, until

TOOL = "/usr/lib/bongsu/bongsu"
RESOLVED = f"for i in $(seq 50); do {TOOL} bans >/dev/null 2>&1 && break; sleep 0.2; done"  # until fail2ban answers
_SSH = "ssh -F none -oStrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -oConnectTimeout=5 -oControlPath=none"
# The question for the password is taken for the answer.
GUESS = (
    f"env SSH_ASKPASS=/bin/echo SSH_ASKPASS_REQUIRE=force {_SSH} -oPubkeyAuthentication=no -oNumberOfPasswordPrompts=1"
)
# Wrong passwords, more than may be, all at once: one after the other, each takes two seconds of PAM's.
GUESSES = f"for i in 1 2 3 4 5 6; do {GUESS} {{options}} root@{{target}} true & done; wait"


def both():
    """Return the two hosts, by name."""
    return {name: testinfra.get_host(f"ansible://{name}", ansible_inventory=str(INVENTORY)) for name in ADDRESSES}


def other_of(name):
    """Return the host that is not this one."""
    (other,) = set(ADDRESSES) - {name}
    return both()[other]


def reaches(other, target, port, source=None):
    """Return what the other host is told when it connects to a port; nothing where that leads somewhere."""
    bind = f"s.bind(('{source}', 0)); " if source else ""
    connect = f"import socket; s = socket.socket(); s.settimeout(3); {bind}s.connect(('{target}', {port}))"
    return other.run(f'python3 -c "{connect}"').stderr


def login(name):
    """Tell whether the operator gets in by a connection of its own."""
    trust = ["-oBatchMode=yes", "-oIdentitiesOnly=yes", f"-i{STATE.operator_key}"]
    done = subprocess.run([*_SSH.split(), *trust, f"root@{ADDRESSES[name]}", "true"], capture_output=True, check=False)
    return done.returncode == 0


def ban(host, address, jail="sshd"):
    """Have fail2ban ban an address, and wait for the kernel."""
    host.run_expect([0], f"fail2ban-client set {jail} banip {address}")
    assert until(lambda: refused(host, address), 10)


def refused(host, address):
    """Tell whether the kernel has an address among those it refuses."""
    found = host.run("nft list table inet f2b-table").stdout
    return address in found.replace(",", " ").split()


def forgive(host):
    """Leave nobody banned, and nobody whom sshd of Debian 13 turns away."""
    host.run_expect([0], "fail2ban-client unban --all && systemctl restart ssh")
