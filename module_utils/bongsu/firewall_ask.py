"""What a host has to ask before rules come: they would shut its operator out, cut something off, or replace its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import listening, listening_host, login
from .errors import BongsuError

PLACED = "etc/bongsu/firewall.json"
OWN = "etc/nftables.conf"
_STATUS = "var/lib/dpkg/status"
_SHAPE: dict[str, type] = {
    **dict.fromkeys(("answered", "open", "close", "ssh_ports", "container_interfaces"), list),
    "ssh_port": int,
    "replace_own": bool,
}


def read(path: Path) -> dict[str, Any]:
    """Read such a document; BongsuError where it is none."""
    try:
        return check(json.loads(path.read_text(encoding="utf-8")), str(path))
    except ValueError as error:
        raise BongsuError(f"{path} is not JSON: {error}") from error


def check(document: object, place: str) -> dict[str, Any]:
    """Return a document that has all it should; BongsuError for any other."""
    if not isinstance(document, dict):
        raise BongsuError(f"{place} is not as the role firewall writes it")
    wrong = [key for key, kind in _SHAPE.items() if not isinstance(document.get(key), kind)]
    if wrong:
        raise BongsuError(f"{place} is not as the role firewall writes it: look at {', '.join(wrong)}")
    return document


def look(wanted: Mapping[str, Any], root: Path = Path("/")) -> list[str]:
    """Return what must be answered before the rules of this document may come; nothing is changed."""
    came = login.came_to_port()
    port = wanted["ssh_port"] if came is None else came
    return [words for words in (_login(wanted, port), _own_rules(wanted, root), _closing(wanted, root, port)) if words]


def _login(wanted: Mapping[str, Any], port: int) -> str:
    open_ports = wanted["ssh_ports"]
    if port in open_ports:
        return ""
    ports = ", ".join(map(str, sorted({*open_ports, port})))
    return (
        f"Ansible is logged in over port {port}, which the firewall would close. "
        f"Write it in the inventory: firewall_ssh_ports: [{ports}]"
    )


def _own_rules(wanted: Mapping[str, Any], root: Path) -> str:
    """Ask where the host loads rules of its own at boot, other than those that Debian brings."""
    own = root / OWN
    if wanted["replace_own"] or (root / PLACED).exists() or not own.is_file() or not _is_loaded(root):
        return ""
    content = own.read_bytes()
    lines = [line.strip() for line in content.decode(errors="replace").splitlines()]
    if all(not line or line.startswith("#") for line in lines) or _is_debians(root, content):
        return ""
    return (
        f"/{OWN} is this host's own, and its rules would no longer be loaded. Write what they let in into "
        "firewall_allow and firewall_open, and then firewall_replace_own: true. The file is kept, and given back by "
        "firewall_state: absent"
    )


def _closing(wanted: Mapping[str, Any], root: Path, login_port: int) -> str:
    answered = [*wanted["answered"], login_port]  # of which _login() speaks
    placed = root / PLACED
    before = read(placed)["answered"] if placed.exists() else None
    bridges = listening_host.bridge_addresses(wanted["container_interfaces"])
    cut = listening.closing(listening_host.listeners(), answered, before, bridges)
    if not cut:
        return ""
    who = listening_host.holders(cut)
    return listening.question([(one, who[one.inode]) for one in cut], wanted["open"], wanted["close"])


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
