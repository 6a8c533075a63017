"""What a host has of firewalls before new rules come: those that it loads itself, and those that bongsu placed last."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from pathlib import Path

from . import firewall_host
from .effective import nft
from .errors import BongsuError

PLACED = "etc/bongsu/firewall.json"
OWN = "etc/nftables.conf"
_STATUS = "var/lib/dpkg/status"


def placed(root: Path) -> list[str] | None:
    """Return the ports that the rules in force were made with; None where bongsu has placed none."""
    try:
        answered = json.loads((root / PLACED).read_text(encoding="utf-8"))["answered"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise BongsuError(f"/{PLACED} is not as its role writes it; remove it and run again") from None
    return [str(one) for one in answered]


def judge_login(port: int, ssh_ports: Collection[int]) -> None:
    """Raise BongsuError where the port of this login would be closed."""
    if port not in ssh_ports:
        ports = ", ".join(map(str, sorted({*ssh_ports, port})))
        raise BongsuError(
            f"Ansible is logged in over port {port}, which the firewall would close. Nothing was touched. "
            f"Write it in the inventory: firewall_ssh_ports: [{ports}]"
        )


def judge_own_rules(root: Path) -> None:
    """Raise BongsuError where the host loads rules of its own at boot, other than those that Debian brings."""
    own = root / OWN
    if (root / PLACED).exists() or not own.is_file() or not _is_loaded(root):
        return
    content = own.read_bytes()
    lines = [line.strip() for line in content.decode(errors="replace").splitlines()]
    if any(line and not line.startswith("#") for line in lines) and not _is_debians(root, content):
        raise BongsuError(
            f"/{OWN} is this host's own, and its rules would no longer be loaded. Nothing was touched. Write what they "
            "let in into firewall_allow and firewall_open, and then firewall_replace_own: true. The file is kept, and "
            "given back by firewall_state: absent"
        )


def leave_word(root: Path) -> None:
    """Have the next component load the rules that were placed, where the kernel has others."""
    if (root / PLACED).exists():
        firewall_host.leave_word(nft.table())


def _is_loaded(root: Path) -> bool:
    return any((root / "etc/systemd/system").glob("*.wants/nftables.service"))


def _is_debians(root: Path, content: bytes) -> bool:
    """Whether a file is as its package brought it, by the digest that dpkg keeps."""
    try:
        status = (root / _STATUS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    digests = re.findall(rf"^ /{re.escape(OWN)} ([0-9a-f]{{32}})", status, re.MULTILINE)
    return hashlib.md5(content, usedforsecurity=False).hexdigest() in digests
