"""Filters on bans: from the controls of the role intrusion_ban and an inventory's jails to what fail2ban reads."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from bongsu.hostside import bans

KIND = "fail2ban"
SSH = "sshd"
_CHECKED_ONLY = ("enforced", "operator")  # settings that the host looks at, and fail2ban has no option for
_LIMITS = {"max_retry": "maxretry", "find_time": "findtime", "ban_time": "bantime"}
_FIELDS = ("ports", "journal", "log", "filter", "protocols", *_LIMITS)
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_HOST_NAME = re.compile(r"(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?\Z", re.IGNORECASE)


def ban_addresses(entries: Sequence[object]) -> list[str]:
    """Return addresses, networks and names as fail2ban shows them, sorted, each once."""
    return sorted({_address(str(entry).strip()) for entry in entries})


def _address(entry: str) -> str:
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        if _HOST_NAME.match(entry) and "/" not in entry:
            return entry.lower()
        raise AnsibleFilterError(
            f"'{entry}' cannot be kept from being banned: write an address, a network (192.0.2.0/24) or a host's name"
        ) from None
    if network.prefixlen == 0:
        raise AnsibleFilterError(f"'{entry}' is everybody: nobody would ever be banned; write what you log in from")
    return str(network.network_address if network.num_addresses == 1 else network)


def ban_settings(chosen: Sequence[Mapping[str, Any]], jails: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the controls with each setting of every jail ('*') in its place: JAIL.SETTING."""
    own = {SSH: {}, **_read(jails)}
    return [
        {**control, "sets": {KIND: _of_each(control["sets"][KIND], own)} if control["sets"] else {}}
        for control in chosen
    ]


def _of_each(settings: Mapping[str, Any], jails: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name.startswith("*."):
            setting = name.removeprefix("*.")
            found |= {f"{jail}.{setting}": own.get(setting, value) for jail, own in jails.items()}
        else:
            found[name] = value
    for name, value in found.items():
        if name.rpartition(".")[2] in (*_LIMITS.values(), "maxtime") and int(value) < 1:
            raise AnsibleFilterError(f"{name} is {value}; give a whole number above 0 (no ban is for ever)")
    return found


def ban_jails(
    chosen: Sequence[Mapping[str, Any]], jails: Mapping[str, Any], ssh_ports: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the sections of the file of jails: ``{name, options}``; DEFAULT is for jails that others make."""
    wanted = _read(jails)
    settings = {name: value for one in ban_settings(chosen, jails) for name, value in one["sets"].get(KIND, {}).items()}
    sections: list[dict[str, Any]] = [
        {"name": SSH, "options": {"enabled": "true", "backend": "systemd", "port": _list(ssh_ports, ",")}}
    ]
    sections += [{"name": name, "options": _source(jails[name])} for name in wanted]
    for section in sections:
        section["options"] |= _options(section["name"], settings)
    shared = ("banaction", "banaction_allports", "chain", "ignoreip", "ignoreself")
    default = {name: value for name, value in sections[0]["options"].items() if name in shared}
    return [{"name": "DEFAULT", "options": default}, *sections]


def _options(jail: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Write the settings of a jail as options; what concerns the action becomes arguments of it."""
    own = {name.partition(".")[2]: _text(value) for name, value in settings.items() if name.partition(".")[0] == jail}
    action = {name.partition(".")[2]: value for name, value in own.items() if name.startswith("action.")}
    options = {name: value for name, value in own.items() if name.partition(".")[0] not in ("action", *_CHECKED_ONLY)}
    # What fail2ban's own `action` hands to every ban action comes from options of the jail, and overrules arguments.
    handed = {name: action.pop(name) for name in ("chain", "protocol") if name in action}
    arguments = [f"{name}={value}" for name, value in action.items() if name != "type"]
    # Set up as soon as the jail starts, and not at the first ban: what is not there cannot be looked at.
    arguments.append("actionstart_on_demand=false")
    for option, kind in (("banaction", action.get("type", "multiport")), ("banaction_allports", "allports")):
        options[option] = f"nftables[{', '.join([f'type={kind}', *arguments])}]"
    return options | handed


def ban_server(chosen: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the options of the server itself."""
    return {
        name: _text(value) for one in chosen for name, value in one["sets"].get(KIND, {}).items() if "." not in name
    }


def _read(jails: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each jail of the inventory sets itself; AnsibleFilterError names the place and the cure."""
    if not isinstance(jails, Mapping):
        raise AnsibleFilterError("intrusion_ban_jails: write a mapping of jails by name")
    for name, jail in jails.items():
        wrong = _mistake(str(name), jail)
        if wrong:
            raise AnsibleFilterError(f"intrusion_ban_jails.{name}: {wrong}")
    return {
        str(name): {option: jail[field] for field, option in _LIMITS.items() if field in jail}
        for name, jail in jails.items()
    }


def _mistake(name: str, jail: Any) -> str | None:
    if name == SSH:
        return "the role makes this jail itself; intrusion_ban_max_retry and its like are its limits"
    if not _NAME.match(name) or len(name) > 20:
        return "this is no name of a jail; use up to 20 lower-case letters, digits and hyphens"
    if not isinstance(jail, Mapping):
        return "is not a mapping; write `ports` and one of `journal` and `log` below it"
    unknown = sorted(set(map(str, jail)) - set(_FIELDS))
    if unknown:
        return f"'{unknown[0]}' is not known here; known are {', '.join(_FIELDS)}"
    ports = jail.get("ports")
    if not isinstance(ports, list) or not ports or not all(_is_number(port) and port < 65536 for port in ports):
        return "`ports` is to be a list of numbers from 1 to 65535, such as [80, 443]"
    if ("journal" in jail) == ("log" in jail):
        return "needs exactly one of `journal` (a match, such as _SYSTEMD_UNIT=postfix.service) and `log` (files)"
    if not set(jail.get("protocols", ["tcp"])) <= {"tcp", "udp"}:
        return "`protocols` has more than tcp and udp"
    for limit in _LIMITS:
        if limit in jail and not _is_number(jail[limit]):
            return f"`{limit}` is '{jail[limit]}'; give a whole number above 0 (no ban is for ever)"
    if any("\n" in str(jail.get(field, "")) for field in ("journal", "log", "filter")):
        return "a line break is in it"
    return None


def _is_number(value: object) -> bool:
    """Tell a whole number above 0; Ansible's own are of a class of their own, and a truth value is none."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _source(jail: Mapping[str, Any]) -> dict[str, str]:
    """Write where a jail looks, and what for."""
    log = jail.get("log", [])
    return {
        "enabled": "true",
        "port": _list(jail["ports"], ","),
        "protocol": _list(jail.get("protocols", ["tcp"]), ","),
        **({"filter": _text(jail["filter"])} if "filter" in jail else {}),
        **({"backend": "systemd", "journalmatch": _text(jail["journal"])} if "journal" in jail else {}),
        **({"backend": "auto", "logpath": _text([log] if isinstance(log, str) else log)} if "log" in jail else {}),
    }


def _list(values: Sequence[object], joint: str) -> str:
    return joint.join(map(str, values))


def _text(value: object) -> str:
    """Write a value as fail2ban's files want it, where a '%' begins a reference."""
    return (_list(value, " ") if isinstance(value, list) else str(value)).replace("%", "%%")


def ban_refusal(chosen: Sequence[Mapping[str, Any]], came_from: str | None) -> str:
    """Say why a run from an address is refused, and what to write; empty where it is not, or only the host can tell."""
    settings = {name: value for one in chosen for name, value in one["sets"].get(KIND, {}).items()}
    never = settings.get("*.ignoreip", [])
    if f"{SSH}.operator" not in settings or any(
        _HOST_NAME.match(entry) and not bans.is_found_alike(entry) for entry in never
    ):
        return ""
    return bans.shut_out(came_from, never) or ""


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name and function of each filter."""
        return {
            "ban_addresses": ban_addresses,
            "ban_jails": ban_jails,
            "ban_refusal": ban_refusal,
            "ban_server": ban_server,
            "ban_settings": ban_settings,
        }
