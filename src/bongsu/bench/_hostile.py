"""Changes that lock the operator out, each a component: by sshd, the packet filter, PAM, or the network. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

WITHIN = 8.0  # seconds to confirm
_DROP_IN = "/etc/ssh/sshd_config.d/00-faults.conf"
_HOST_KEY = "/etc/ssh/faults_host_key"
_RULES = "/etc/nftables.conf"
_ADDRESS = "faults-address.service"
UNITS = ("ssh.service", "nftables.service", _ADDRESS)
# The filter that some hosts have before; it lets everybody in.
_OPEN = """\
flush ruleset
table inet mine { chain in { type filter hook input priority 0; policy accept; tcp dport 9 drop; }; }
"""
_KEPT = "/var/tmp/faults-rules"  # noqa: S108 - root's own, on a host of the lab
_HAS_RULES = f"cp -p {_RULES} {_KEPT} && printf '%s' '{_OPEN}' > {_RULES} && systemctl enable --now -q nftables.service"
_HAS_NO_RULES = f"systemctl disable --now -q nftables.service && mv {_KEPT} {_RULES}"


@dataclass(frozen=True)
class Hostile:
    """One change. ``prepare`` is a script that makes the host ready for it, ``restore`` one that undoes that."""

    name: str
    component: dict[str, Any]
    prepare: str = ":"
    restore: str = ":"


def harmless(value: int = 5) -> dict[str, Any]:
    """Return a change to sshd that locks nobody out."""
    return _sshd(f"MaxAuthTries {value}")


def changes(address: str, operator: str) -> list[Hostile]:
    """Return the changes for a host with such an address, whose operator comes from such a network (a.b.c.d/n)."""
    return [*_by_sshd(operator), *_by_filter(operator), *_by_login(), *_by_network(address, operator)]


def _sshd(lines: str, *more: dict[str, Any], on_change: str = "reload", **unit: Any) -> dict[str, Any]:
    return {
        "name": "access",
        "files": [*more, {"dest": _DROP_IN, "content": f"{lines}\n", "on_change": on_change}],
        "validate": [["/usr/sbin/sshd", "-t"]],
        "units": [{"name": "ssh.service", **unit}],
        "confirm_within": WITHIN,
    }


def _by_sshd(operator: str) -> list[Hostile]:
    texts = {
        "another user is allowed": "AllowUsers nobody",
        "root is denied": "DenyUsers root",
        "root may not log in": "PermitRootLogin no",
        "another port": "Port 2222",
        "listening on the loopback alone": "ListenAddress 127.0.0.1",
        "keys are sought elsewhere": "AuthorizedKeysFile /etc/ssh/nobodys_keys",
        "no key is taken": "PubkeyAuthentication no",
        "a password is asked for": "AuthenticationMethods password",
        "no key of the operator's kind is taken": "PubkeyAcceptedAlgorithms rsa-sha2-512",
        "a cipher that the client lacks": "Ciphers 3des-cbc",
        "a key exchange that the client lacks": "KexAlgorithms diffie-hellman-group1-sha1",
        "no session may be opened": "MaxSessions 0",
        "the operator's network is refused": f"Match Address {operator}\n    PubkeyAuthentication no",
        "every command is another": "ForceCommand /bin/false",
        "a root directory that is not there": "ChrootDirectory /nowhere",
    }
    found = [Hostile(f"sshd: {name}", _sshd(text)) for name, text in texts.items()]
    key = {"dest": _HOST_KEY, "content": _private_key(), "mode": "0600", "secret": True}
    return [
        *found,
        Hostile("sshd: another port, restarted", _sshd("Port 2200", on_change="restart")),
        Hostile("sshd: a new host key", _sshd(f"HostKey {_HOST_KEY}", key)),
        Hostile("sshd: stopped", _sshd("MaxAuthTries 5", enabled=False, state="stopped")),
        Hostile("sshd: masked", _sshd("MaxAuthTries 5", masked=True)),
    ]


def _private_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def _filter(rules: str, *, policy: str = "accept", hook: str = "input", on_change: str = "reload") -> dict[str, Any]:
    content = f"flush ruleset\ntable inet host {{\n  chain c {{ type filter hook {hook} priority 0; policy {policy};\n"
    return {
        "name": "firewall",
        "packages": ["nftables"],
        "files": [
            {
                "dest": _RULES,
                "content": f"{content}    {rules}\n  }}\n}}\n",
                "validate": ["nft", "--check", "--file", "%s"],
                "on_change": on_change,
            }
        ],
        "units": [{"name": "nftables.service"}],
        "confirm_within": WITHIN,
    }


def _by_filter(operator: str) -> list[Hostile]:
    other = {"prepare": _HAS_RULES, "restore": _HAS_NO_RULES}
    gone = {
        "prepare": "apt-get -qq -y purge nftables >/dev/null",
        "restore": "apt-get -qq -y install nftables >/dev/null",
    }
    ssh = "tcp dport 22"
    return [
        Hostile("filter: port 22 is dropped", _filter(f"{ssh} drop")),
        Hostile("filter: everything in is dropped", _filter("iif lo accept", policy="drop")),
        Hostile("filter: the operator's network is dropped", _filter(f"ip saddr {operator} drop")),
        Hostile("filter: everything out is dropped", _filter("oif lo accept", policy="drop", hook="output")),
        Hostile("filter: what is established is rejected", _filter("ct state established,related reject")),
        Hostile("filter: port 22 is reset", _filter(f"{ssh} reject with tcp reset")),
        Hostile("filter: port 22 is dropped, other rules before", _filter(f"{ssh} drop"), **other),
        Hostile("filter: all is dropped, other rules before", _filter("", policy="drop", on_change="restart"), **other),
        Hostile("filter: port 22 is dropped, the package is new", _filter(f"{ssh} drop"), **gone),
    ]


def _login(name: str, dest: str, content: str, mode: str = "0644") -> Hostile:
    files = [{"dest": dest, "content": content, "mode": mode, "on_change": "none"}]
    return Hostile(name, {"name": "login", "files": files, "confirm_within": WITHIN})


def _by_login() -> list[Hostile]:
    pam = "auth required pam_unix.so\naccount {}\npassword required pam_unix.so\nsession {}\n"
    fine = "required pam_permit.so"
    return [
        _login("PAM: no account is good", "/etc/pam.d/sshd", pam.format("required pam_deny.so", fine)),
        _login("PAM: no session may begin", "/etc/pam.d/sshd", pam.format(fine, "required pam_deny.so")),
        _login(
            "PAM: nobody's account is good, by include", "/etc/pam.d/common-account", "account required pam_deny.so\n"
        ),
        _login("login: another operator's key", "/root/.ssh/authorized_keys", "ssh-ed25519 AAAA nobody\n", "0600"),
        _login("login: a shell that ends at once", "/root/.bashrc", "exit 1\n"),
        Hostile(
            "login: a home that others may write to",
            {
                "name": "login",
                "files": [{"dest": "/root", "state": "directory", "mode": "0777"}],
                "confirm_within": WITHIN,
            },
        ),
    ]


def _network(name: str, start: list[str], stop: list[str]) -> Hostile:
    commands = [f"ExecStart=/bin/ip {line}" for line in start] + [f"ExecStop=/bin/ip {line}" for line in stop]
    text = "\n".join(
        ["[Service]", "Type=oneshot", "RemainAfterExit=yes", *commands, "[Install]", "WantedBy=multi-user.target", ""]
    )
    component = {
        "name": "address",
        "files": [{"dest": f"/etc/systemd/system/{_ADDRESS}", "content": text, "on_change": "restart"}],
        "units": [{"name": _ADDRESS}],
        "confirm_within": WITHIN,
    }
    return Hostile(f"network: {name}", component)


def _by_network(address: str, operator: str) -> list[Hostile]:
    prefix = operator.rpartition("/")[2]
    gateway = operator.rpartition(".")[0] + ".1"
    default = f"route add default via {gateway} dev eth0 proto static metric 100"
    own = f"{address}/{prefix}"
    # the controller's own address, and those that logins are tried from meanwhile (see _knocking.py)
    ways = [f"{gateway}/32", f"{operator.rpartition('.')[0]}.128/25"]
    return [
        _network(
            "the address goes away", [f"address delete {own} dev eth0"], [f"address add {own} brd + dev eth0", default]
        ),
        _network("the link goes down", ["link set eth0 down"], ["link set eth0 up", default]),
        _network(
            "a rule sends answers nowhere",
            [f"rule add to {operator} blackhole"],
            [f"rule delete to {operator} blackhole"],
        ),
        _network(
            "the way back to the operator is lost",
            [f"route add blackhole {way}" for way in ways],
            [f"route delete blackhole {way}" for way in ways],
        ),
    ]
